// What a person is told of a saga, for each thing that it can wait for.
#include "orchestrator/core/why.h"

#include "tests/unit/orchestrator/core/saga_builder.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Why ExplainAt(const Story& story, absl::Duration after = absl::ZeroDuration()) {
  return Explain(OrderSaga({}), story.saga(), story.saga().updated_at + after);
}

std::vector<std::string> VerbsOf(const Why& why) {
  std::vector<std::string> names;
  for (const Why::Verb& verb : why.verbs) names.push_back(verb.name);
  return names;
}

std::vector<std::string> FactsOf(const Why& why) {
  std::vector<std::string> facts;
  for (const Why::Fact& fact : why.facts) facts.push_back(fact.step + " " + fact.what);
  return facts;
}

const OutcomeUnknown kNoAnswer{"no answer", true, std::nullopt};

TEST(Why, AnAnswerIsWaitedFor) {
  const Why why = ExplainAt(Story());
  EXPECT_EQ(why.waits_for, "an answer to attempt 1 of payment's action");
  EXPECT_THAT(why.next, HasSubstr("repeated, under the same key"));
  EXPECT_THAT(FactsOf(why), ElementsAre("payment asked for, no answer yet: 100.00 USD", "inventory not begun",
                                        "notification not begun"));
  EXPECT_THAT(VerbsOf(why), ElementsAre("pause", "cancel", "compensate"));
  EXPECT_THAT(why.verbs[1].effect, HasSubstr("payment, 100.00 USD"));
}

TEST(Why, TheNextAttemptIsWaitedFor) {
  Story story;
  story.Action(kNoAnswer);
  const Why why = ExplainAt(story);
  EXPECT_EQ(why.waits_for, "attempt 2 of payment's action");
  EXPECT_EQ(why.trouble, "attempt 1 of payment's action: no answer");
  EXPECT_EQ(why.next_at, story.saga().due_at);
  EXPECT_THAT(why.next, HasSubstr("then the order is cancelled, and what was done is undone"));
  EXPECT_THAT(VerbsOf(why), ElementsAre("retry", "pause", "cancel"));
}

TEST(Why, ATurnIsWaitedFor) {
  const Why why = ExplainAt(Story(false));
  EXPECT_THAT(why.waits_for, HasSubstr("its turn"));
  EXPECT_THAT(VerbsOf(why), ElementsAre("pause", "cancel"));
  EXPECT_THAT(why.verbs[1].effect, HasSubstr("nothing has to be undone"));
}

TEST(Why, AnUndoingThatFailsNamesWhatStands) {
  Story story;
  story.Action(Applied{"ch_1"}).Action(Rejected{"OUT_OF_STOCK", "none left"}).Compensation(kNoAnswer);
  const Why why = ExplainAt(story);
  EXPECT_EQ(why.waits_for, "attempt 2 of payment's compensation");
  EXPECT_THAT(why.next, HasSubstr("then a person is asked"));
  EXPECT_THAT(FactsOf(why), ElementsAre("payment done; being undone: 100.00 USD, ch_1",
                                        "inventory rejected: OUT_OF_STOCK", "notification not begun"));
  EXPECT_THAT(VerbsOf(why), ElementsAre("retry", "pause", "settle")) << "it is being cancelled already";
}

TEST(Why, APersonIsWaitedFor) {
  Story story;
  story.Action(Applied{"ch_1"});
  ASSERT_TRUE(story.Happens(FaultFound{"TESTED"}).ok());
  const Why why = ExplainAt(story);
  EXPECT_EQ(why.waits_for, "a person: TESTED");
  EXPECT_THAT(why.next, IsEmpty());
  EXPECT_THAT(VerbsOf(why), ElementsAre("retry", "cancel"));
  EXPECT_THAT(why.verbs[0].effect, HasSubstr("tries inventory's action now, under the same key"));
}

TEST(Why, AWishToCancelIsToldOf) {
  Story story;
  ASSERT_TRUE(story.Happens(CancelRequested{"too dear", "ann"}).ok());
  const Why why = ExplainAt(story);
  EXPECT_EQ(why.next, "it is to be cancelled, CANCELLED_BY_CUSTOMER: at the next answer");
  EXPECT_THAT(VerbsOf(why), ElementsAre("pause", "compensate"));
}

TEST(Why, AfterTheEndNothingIsWaitedFor) {
  Story story;
  story.Action(Applied{"ch_1"}).Action(Applied{"rs_1"}).Action(Applied{"ms_1"});
  const Why why = ExplainAt(story);
  EXPECT_EQ(why.waits_for, "nothing: the order is COMPLETED");
  EXPECT_THAT(FactsOf(why), ElementsAre("payment done: 100.00 USD, ch_1", "inventory done: 2 units, rs_1",
                                        "notification done: ms_1"));
  EXPECT_THAT(VerbsOf(why), IsEmpty());
}

}  // namespace
}  // namespace ordersaga::orchestrator
