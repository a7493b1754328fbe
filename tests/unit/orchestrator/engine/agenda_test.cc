// What comes next, and which sagas are in memory for it: the agenda without the engine.
#include "orchestrator/engine/agenda.h"

#include "tests/unit/orchestrator/engine/parts_fixture.h"

namespace ordersaga::orchestrator {
namespace {

class AgendaTest : public PartsTest {
 protected:
  static SagaInput Cancel(const Uuid& id, absl::Status* answer = nullptr) {
    return {id, CancelRequested{"changed my mind"}, [answer](absl::Status status) {
              if (answer != nullptr) *answer = std::move(status);
            }};
  }
  // What is next by now; reads what that takes.
  std::optional<Agenda::Item> Next(bool admit = true) {
    agenda.Collect(clock.Now(), admit);
    std::optional<Agenda::Item> item = agenda.Next();
    if (item.has_value()) return item;
    agenda.Read();
    Run();
    return agenda.Next();
  }
  std::int64_t InMemory() {
    agenda.UpdateLevels();
    return stats.sagas_in_memory;
  }
  // Its next attempt is due some time from now.
  Saga InBackOff(int shard) {
    Saga saga = Stored(shard);
    saga = After(saga, ActionReplied{0, 1, OutcomeUnknown{"away", true, std::nullopt}}).next;
    database.sagas[saga.id()] = saga;
    return saga;
  }

  Calls calls{participant, definitions.participants(), 4, 1, stats, [](const auto&) {}};
  static constexpr absl::Duration kPatience = absl::Milliseconds(50);
  Agenda agenda{loop, store, leases, calls, definitions, stats, kPatience};

  // An answer for an order that has ended, which only its letter is still owed.
  Uuid AddAnswerNobodyWaitsFor() {
    const Saga ended = AfterApplied(AfterApplied(Stored(0)).next).next;
    EXPECT_EQ(ended.status, Status::kCompleted);
    agenda.Put(ended);
    agenda.Add(SagaInput{ended.id(), ActionReplied{ended.step, 1, Applied{"sent"}}, nullptr});
    return ended.id();
  }
};

TEST_F(AgendaTest, InputsComeInTheirOrderEachWithItsSaga) {
  const Saga one = Decided(0).next;
  const Saga two = Decided(1).next;
  agenda.Put(one);
  agenda.Put(two);
  agenda.Add(Cancel(two.id()));
  agenda.Add(PlaceInput{});
  agenda.Add(Cancel(one.id()));
  EXPECT_EQ(agenda.UntilNext(), absl::ZeroDuration());
  EXPECT_EQ(Next()->saga->id(), two.id());
  EXPECT_FALSE(Next()->saga.has_value()) << "an order has none yet";
  EXPECT_EQ(Next()->saga->id(), one.id());
  EXPECT_FALSE(Next().has_value());
  EXPECT_EQ(agenda.UntilNext(), absl::InfiniteDuration());
}

TEST_F(AgendaTest, WhatNobodyWaitsForJoinsTheTurnThatOthersNeed) {
  const Uuid ended = AddAnswerNobodyWaitsFor();
  EXPECT_FALSE(Next().has_value());
  const Saga other = Decided(1).next;
  agenda.Put(other);
  agenda.Add(Cancel(other.id()));
  EXPECT_EQ(agenda.UntilNext(), absl::ZeroDuration());
  EXPECT_EQ(Next()->saga->id(), other.id());
  EXPECT_EQ(Next()->saga->id(), ended);
}

TEST_F(AgendaTest, WhatNobodyWaitsForHasItsTurnWhenItsPatienceEnds) {
  const Uuid ended = AddAnswerNobodyWaitsFor();
  clock.elapsed += absl::Milliseconds(20);
  AddAnswerNobodyWaitsFor();
  EXPECT_EQ(agenda.UntilNext(), kPatience - absl::Milliseconds(20));
  Later(agenda.UntilNext() - absl::Milliseconds(1));
  EXPECT_FALSE(Next().has_value());
  Later(absl::Milliseconds(1));
  EXPECT_EQ(agenda.UntilNext(), absl::ZeroDuration());
  EXPECT_EQ(Next()->saga->id(), ended);
  EXPECT_TRUE(Next().has_value()) << "the later one comes along";
}

TEST_F(AgendaTest, NothingIsPatientInAProcessThatEnds) {
  const Uuid ended = AddAnswerNobodyWaitsFor();
  EXPECT_EQ(Next(/*admit=*/false)->saga->id(), ended);
}

TEST_F(AgendaTest, ASagaThatIsNotInMemoryIsReadFirst) {
  const Saga saga = Stored(0);
  agenda.Add(Cancel(saga.id()));
  EXPECT_FALSE(agenda.Next().has_value());
  const auto item = Next();
  ASSERT_TRUE(item.has_value());
  EXPECT_EQ(item->saga->id(), saga.id());
  EXPECT_EQ(InMemory(), 1);
}

TEST_F(AgendaTest, WhatIsInMemoryIsNewerThanWhatIsRead) {
  const Saga stored = Stored(0);
  agenda.Add(Cancel(stored.id()));
  EXPECT_FALSE(agenda.Next().has_value());
  agenda.Read();
  const Saga decided = AfterApplied(stored).next;  // while it is being read
  agenda.Put(decided);
  Run();
  EXPECT_EQ(agenda.Next()->saga->version, decided.version);
}

TEST_F(AgendaTest, WhoAsksForASagaThatIsNowhereIsTold) {
  absl::Status answer;
  agenda.Add(Cancel(Decided(0).next.id(), &answer));
  EXPECT_FALSE(Next().has_value());
  EXPECT_EQ(answer.code(), absl::StatusCode::kNotFound);
}

TEST_F(AgendaTest, WhatWasReadUnderAnOldTokenSaysNothing) {
  const Saga saga = Stored(0);
  absl::Status answer;
  agenda.Add(Cancel(saga.id(), &answer));
  EXPECT_FALSE(agenda.Next().has_value());
  database.sagas.clear();  // as an old snapshot would have it
  agenda.Read();
  Own(0);
  Run();
  EXPECT_TRUE(answer.ok()) << "not: there is no such order";
  EXPECT_EQ(InMemory(), 0);
  database.sagas.emplace(saga.id(), saga);
  EXPECT_EQ(Next()->saga->id(), saga.id()) << "read again";
}

TEST_F(AgendaTest, AReadThatFailsIsRepeatedAfterAPause) {
  const Saga saga = Stored(0);
  agenda.Add(Cancel(saga.id()));
  EXPECT_FALSE(agenda.Next().has_value());
  store.reads_fail = true;
  agenda.Read();
  Run();
  store.reads_fail = false;
  EXPECT_FALSE(Next().has_value());
  Later(kPause);
  EXPECT_EQ(Next()->saga->id(), saga.id());
}

TEST_F(AgendaTest, AShardThatIsNotUsableGivesTheInputBackWithoutASaga) {
  const Saga saga = Stored(0);
  leases.Drop(0);
  agenda.Add(Cancel(saga.id()));
  const auto item = Next();
  ASSERT_TRUE(item.has_value());
  EXPECT_FALSE(item->saga.has_value());
}

TEST_F(AgendaTest, ASagaInBackOffLeavesMemoryAndComesBackWhenItIsDue) {
  const Saga saga = InBackOff(0);
  agenda.Put(saga);
  agenda.Settle(nullptr, saga);
  EXPECT_EQ(InMemory(), 0);
  EXPECT_EQ(agenda.UntilNext(), *saga.due_at - clock.Now());
  EXPECT_FALSE(Next().has_value());
  Later(*saga.due_at - clock.Now());
  const auto item = Next();
  ASSERT_TRUE(item.has_value());
  EXPECT_TRUE(std::holds_alternative<TimerDue>(std::get<SagaInput>(item->input).event));
}

TEST_F(AgendaTest, ASagaWhoseLaneIsFullComesBackWhenThereIsRoom) {
  std::vector<Saga> sagas;
  for (int i = 0; i < 8; ++i) {
    const Saga& saga = sagas.emplace_back(Stored(0));
    agenda.Put(saga);
    const CallParticipant command{0, "payment", false, 1, absl::Seconds(1)};
    if (!calls.Make(definitions.newest(), saga, command)) agenda.Postpone(saga.id(), calls.LaneOf("payment", false));
  }
  EXPECT_EQ(InMemory(), 7) << "three are out, and four wait in the lane";
  EXPECT_FALSE(Next().has_value());
  calls.OnAnswered({0, "payment", false, 1, absl::Seconds(1)});
  const auto item = Next();
  ASSERT_TRUE(item.has_value());
  EXPECT_EQ(item->saga->id(), sagas[7].id());
  EXPECT_TRUE(std::holds_alternative<Resumed>(std::get<SagaInput>(item->input).event));
}

TEST_F(AgendaTest, OrdersThatWaitAreAdmittedOldestFirstUnlessNoneIsToBe) {
  ShardContents contents;
  contents.shard = 0;
  contents.waiting = 2;
  const Saga first = Stored(0, /*start=*/false);
  clock.elapsed += absl::Milliseconds(5);
  Stored(0, /*start=*/false);
  agenda.AddShard(contents);
  EXPECT_EQ(agenda.waiting(), 2);
  EXPECT_FALSE(Next(/*admit=*/false).has_value());
  const auto item = Next();
  ASSERT_TRUE(item.has_value());
  EXPECT_TRUE(std::holds_alternative<Admitted>(std::get<SagaInput>(item->input).event));
  EXPECT_EQ(item->saga->id(), first.id());
}

TEST_F(AgendaTest, WhoWaitsIsCountedByWhatFor) {
  agenda.AddShard({.shard = 0, .open = {}});
  const Saga waiting = Decided(0, /*start=*/false).next;
  agenda.Settle(nullptr, waiting);
  EXPECT_EQ(agenda.waiting(), 1);
  Saga parked = waiting;
  parked.parked = "BAD_ROW";
  agenda.Settle(&waiting, parked);
  EXPECT_EQ(agenda.waiting(), 0);
  agenda.UpdateLevels();
  EXPECT_EQ(stats.sagas_parked, 1);
  agenda.DropShard(0);
  agenda.UpdateLevels();
  EXPECT_EQ(stats.sagas_parked, 0);
}

TEST_F(AgendaTest, CallersAreRefusedAndAnswersOfParticipantsAreKept) {
  const Saga saga = Decided(0).next;
  agenda.Put(saga);
  absl::Status cancelled;
  absl::Status placed;
  agenda.Add(Cancel(saga.id(), &cancelled));
  agenda.Add(SagaInput{saga.id(), ActionReplied{0, 1, Applied{"ch"}}, nullptr});
  agenda.Add(PlaceInput{{}, [&](const absl::StatusOr<Placed>& answer) { placed = answer.status(); }});
  agenda.RefuseCallers(absl::UnavailableError("away"));
  EXPECT_TRUE(absl::IsUnavailable(cancelled));
  EXPECT_TRUE(absl::IsUnavailable(placed));
  EXPECT_TRUE(std::holds_alternative<ActionReplied>(std::get<SagaInput>(Next()->input).event));
  EXPECT_FALSE(Next().has_value());
}

TEST_F(AgendaTest, AShardThatIsDroppedLeavesNothingBehind) {
  const Saga gone = Stored(0);
  const Saga stays = Stored(1);
  agenda.AddShard({.shard = 0, .open = {{gone.id(), 1, 0, false, std::nullopt}}});
  agenda.AddShard({.shard = 1, .open = {{stays.id(), 1, 0, false, std::nullopt}}});
  agenda.Put(gone);
  agenda.DropShard(0);
  leases.Drop(0);
  EXPECT_EQ(InMemory(), 0);
  EXPECT_EQ(Next()->saga->id(), stays.id()) << "its call is made again";
  EXPECT_FALSE(Next().has_value());
}

}  // namespace
}  // namespace ordersaga::orchestrator
