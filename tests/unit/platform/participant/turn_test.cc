// What a turn decides and who is answered, one thing after the other: joining, resuming, undo on completion, parts.
#include "platform/participant/core/turn.h"

#include <gtest/gtest.h>

#include "platform/base/error.h"
#include "platform/participant/core/calls.h"
#include "tests/unit/platform/participant/moment.h"

namespace ordersaga::participant {
namespace {

// One process with an external effect; every request is a turn of its own.
class TurnTest : public testing::Test, public Effects {
 protected:
  std::optional<ActionAnswer> Apply(const EffectRecord& /*record*/) override { return at_once_; }
  bool Undo(const EffectRecord& /*record*/) override { return false; }

  std::optional<Ask> Take(const Request& request, std::vector<Outcome>* answers = nullptr) {
    const Loaded loaded{records_, kNow};
    Turn turn = DecideTurn({&request}, loaded, calls_, *this);
    for (const EffectRecord& record : turn.inserts) records_.emplace(record.action_key, record);
    for (const Change& change : turn.updates) records_.insert_or_assign(change.after.action_key, change.after);
    Calls::Done done = nullptr;
    if (answers != nullptr) done = [answers](const Outcome& outcome) { answers->push_back(outcome); };
    return calls_.Committed(request, std::move(turn.decided.front()), std::move(done));
  }
  static ActionRequest Action() {
    ActionRequest action{"key", "order", "f", std::nullopt};
    action.amount = 100;
    return action;
  }
  static ActionRequest Part(const std::string& key, std::int64_t amount) {
    ActionRequest action{key, "order", "f", std::nullopt, "key"};
    action.amount = amount;
    return action;
  }
  static CompensationRequest Compensation() { return {"undo", "key", "order", std::nullopt}; }
  static Answered Done(const std::string& key, Ask::What what = Ask::What::kDo) {
    return {key, "key", what, {ProviderReply::Kind::kDone, "id of " + key}};
  }
  EffectState StateOf(const std::string& key) { return records_.at(key).state; }

  std::optional<ActionAnswer> at_once_;  // what a new record is answered without the provider
  std::map<std::string, EffectRecord> records_;
  Calls calls_;
  std::vector<Outcome> first_, second_;
};

TEST_F(TurnTest, ARepeatJoinsTheCallAndGetsItsAnswer) {
  ASSERT_TRUE(Take(Action(), &first_).has_value());
  EXPECT_FALSE(Take(Action(), &second_).has_value()) << "the provider is asked once";
  EXPECT_TRUE(first_.empty() && second_.empty());
  EXPECT_FALSE(Take(Done("key")).has_value());
  ASSERT_EQ(first_.size(), 1U);
  ASSERT_EQ(second_.size(), 1U);
  EXPECT_TRUE(first_.front().action.applied);
  EXPECT_EQ(first_.front().action, second_.front().action);
}

TEST_F(TurnTest, AnUnknownReplyAnswersEverybodyAndTheNextRepeatAsksAgain) {
  Take(Action(), &first_);
  Take(Answered{"key", "key", Ask::What::kDo, {ProviderReply::Kind::kUnknown, "", "NOT_SENT", "later"}});
  ASSERT_EQ(first_.size(), 1U);
  EXPECT_EQ(ReasonOf(first_.front().status), "NOT_SENT");
  EXPECT_EQ(StateOf("key"), EffectState::kInProgress);
  EXPECT_TRUE(Take(Action()).has_value());
}

TEST_F(TurnTest, WhatWasUnderWayIsAskedForAgain) {
  Take(Action());
  calls_ = Calls();  // a restart
  const std::optional<Ask> again = Take(Resume{"key", "key"});
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->what, Ask::What::kDo);
  Take(Done("key"));
  Take(Compensation());
  calls_ = Calls();
  EXPECT_EQ(Take(Resume{"key", "key"})->what, Ask::What::kUndo);
  Take(Done("key", Ask::What::kUndo));
  EXPECT_FALSE(Take(Resume{"key", "key"}).has_value());
}

TEST_F(TurnTest, ACallUnderWayIsUndoneWhenItsAnswerComes) {
  Take(Action(), &first_);
  EXPECT_FALSE(Take(Compensation(), &second_).has_value());
  ASSERT_EQ(second_.size(), 1U);
  EXPECT_TRUE(absl::IsUnavailable(second_.front().status)) << "come back until it is undone";
  const std::optional<Ask> undo = Take(Done("key"));
  ASSERT_TRUE(undo.has_value());
  EXPECT_EQ(undo->what, Ask::What::kUndo);
  EXPECT_TRUE(first_.front().action.applied);
  EXPECT_FALSE(Take(Compensation(), &second_).has_value()) << "it joins";
  Take(Done("key", Ask::What::kUndo));
  ASSERT_EQ(second_.size(), 2U);
  EXPECT_TRUE(second_.back().undone);
  EXPECT_EQ(records_.at("key").given_back, 100);
}

TEST_F(TurnTest, APartWaitsForItsWholeAndForTheOtherPart) {
  Take(Part("a", 60), &first_);
  EXPECT_TRUE(absl::IsNotFound(first_.back().status));
  Take(Action());
  Take(Part("a", 60), &first_);
  EXPECT_TRUE(absl::IsUnavailable(first_.back().status));
  Take(Done("key"));
  const std::optional<Ask> ask = Take(Part("a", 60), &first_);
  ASSERT_TRUE(ask.has_value());
  EXPECT_EQ(ask->whole->action_key, "key");
  Take(Part("b", 40), &second_);
  EXPECT_TRUE(absl::IsUnavailable(second_.back().status));
  EXPECT_FALSE(records_.contains("b"));
  Take(Done("a"));
  EXPECT_TRUE(first_.back().action.applied);
  EXPECT_EQ(records_.at("key").given_back, 60);
  EXPECT_TRUE(Take(Part("b", 40)).has_value());
}

TEST_F(TurnTest, AWholeIsUndoneOnlyWhenNoPartIsUnderWay) {
  Take(Action());
  Take(Done("key"));
  Take(Part("a", 60));
  EXPECT_FALSE(Take(Compensation(), &first_).has_value());
  EXPECT_TRUE(absl::IsUnavailable(first_.back().status));
  EXPECT_EQ(StateOf("key"), EffectState::kApplied);
  calls_ = Calls();  // a restart, and whoever asked for the part does not come back
  const std::optional<Ask> part = Take(Compensation());
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(part->record.action_key, "a");
  Take(Done("a"));
  EXPECT_EQ(Take(Compensation())->what, Ask::What::kUndo);
}

// The service of this test refuses nothing.
TEST_F(TurnTest, APartOfWhatIsNotThereIsRefusedByTheCoreItself) {
  Take(Action());
  Take(Done("key"));
  ASSERT_TRUE(Take(Compensation()).has_value());
  EXPECT_FALSE(Take(Part("while it is undone", 60), &first_).has_value());
  ASSERT_EQ(first_.size(), 1U);
  EXPECT_EQ(first_.back().action.reason, kNothingThere);
  Take(Done("key", Ask::What::kUndo));
  EXPECT_FALSE(Take(Part("later", 60), &first_).has_value());
  EXPECT_EQ(first_.back().action.reason, kNothingThere);
  EXPECT_EQ(records_.at("key").given_back, 100);
}

TEST_F(TurnTest, APartThatIsAppliedAtOnceCountsInItsWholeOnce) {
  at_once_ = Applied("id");
  Take(Action());
  Take(Part("a", 60), &first_);
  Take(Part("a", 60), &first_);
  ASSERT_EQ(first_.size(), 2U);
  EXPECT_TRUE(first_.back().action.applied);
  EXPECT_EQ(records_.at("key").given_back, 60);
  at_once_ = Rejected("NO", "no");
  Take(Part("b", 10), &first_);
  EXPECT_EQ(records_.at("key").given_back, 60);
}

// Whoever marked it "undo on completion" has gone, and the answer with him.
TEST_F(TurnTest, AnUndoingThatWaitedForALostAnswerIsResumedAndTheActionIsNotAskedForAgain) {
  Take(Action(), &first_);
  Take(Compensation(), &second_);
  EXPECT_FALSE(Take(Resume{"key", "key"}).has_value()) << "the answer is still to come";
  EXPECT_EQ(StateOf("key"), EffectState::kInProgress);
  calls_ = Calls();  // a restart
  const std::optional<Ask> ask = Take(Resume{"key", "key"});
  ASSERT_TRUE(ask.has_value());
  EXPECT_EQ(ask->what, Ask::What::kUndo);
  EXPECT_EQ(StateOf("key"), EffectState::kReversing);
  Take(Answered{"key", "key", Ask::What::kUndo, {ProviderReply::Kind::kRefused, ""}});
  EXPECT_EQ(StateOf("key"), EffectState::kVoided);
  EXPECT_EQ(records_.at("key").compensation_key, "undo");
}

TEST_F(TurnTest, AProviderThatAnswersOnceMoreAnswersNobodyElse) {
  Take(Action());
  Take(Done("key"));
  ASSERT_TRUE(Take(Compensation(), &first_).has_value());
  Take(Done("key"));
  EXPECT_TRUE(first_.empty()) << "what was asked for is the undoing";
  Take(Done("key", Ask::What::kUndo));
  ASSERT_EQ(first_.size(), 1U);
  EXPECT_TRUE(first_.front().undone);
}

TEST_F(TurnTest, APartIsNoWhole) {
  Take(Action());
  Take(Done("key"));
  Take(Part("a", 60));
  Take(Done("a"));
  Take(CompensationRequest{"undo", "a", "order", std::nullopt}, &first_);
  EXPECT_EQ(ReasonOf(first_.back().status), kKeyReused);
  ActionRequest part = Part("b", 1);
  part.lock_key = "a";
  Take(part, &first_);
  EXPECT_EQ(ReasonOf(first_.back().status), kKeyReused);
}

TEST_F(TurnTest, ATurnReadsThePartsOfWhatIsUndoneAndLocksTheWholeOfAPart) {
  Needs needs;
  for (const Request& request : {Request(Action()), Request(Part("a", 60)), Request(Compensation())}) {
    AddNeeds(request, needs);
  }
  EXPECT_EQ(needs.locks, (std::vector<std::string>{"key", "key", "key"}));
  EXPECT_EQ(needs.keys, std::vector<std::string>{"a"});
  EXPECT_EQ(needs.wholes, (std::vector<std::string>{"key", "key"}));
}

}  // namespace
}  // namespace ordersaga::participant
