// A turn is stored whole or not at all, and only by the owner of its shards.
#include "orchestrator/operator_log/log_chain.h"
#include "tests/conformance/owner.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

bool IsCommitted(const CommitResult& result) {
  return std::holds_alternative<Committed>(result);
}

// Nothing of this write is there.
void ExpectAbsent(World& world, Owner& owner, const SagaWrite& write) {
  EXPECT_THAT(owner.Read({write.saga.id()}).sagas, IsEmpty());
  EXPECT_THAT(world.JournalOf(write.saga.id()), IsEmpty());
  for (const OutboxEvent& event : owner.Events(write.saga.id().shard())) EXPECT_NE(event.order_id, write.saga.id());
}

TEST_P(StoreTest, StoresATurnWhole) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  const SagaWrite first = Placed(0, "k1");
  const SagaWrite second = Placed(1, "k2");
  Turn turn = owner.MakeTurn({first, second});
  turn.shards[0].turn = 41;
  turn.shards[1].turn = 42;
  const CommitResult result = owner.Commit(turn);
  ASSERT_TRUE(IsCommitted(result));
  EXPECT_THAT(std::get<Committed>(result).duplicates, IsEmpty());
  EXPECT_THAT(std::get<Committed>(result).events, SizeIs(2));
  ExpectSame(owner.ReadOne(first.saga.id()), first.saga);
  ExpectSame(owner.ReadOne(second.saga.id()), second.saga);
  EXPECT_THAT(world().JournalOf(first.saga.id()), SizeIs(1));
  EXPECT_EQ(owner.Rows({0})[0].turn, 41);
  EXPECT_EQ(owner.Rows({1})[0].turn, 42);
}

TEST_P(StoreTest, StoresEveryFieldOfASagaThroughItsLife) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  SagaWrite write = Placed(2, "k", false);
  ASSERT_TRUE(IsCommitted(owner.Commit({write})));
  const auto step = [&](const SagaWrite& next) {
    ASSERT_TRUE(IsCommitted(owner.Commit({next})));
    ExpectSame(owner.ReadOne(next.saga.id()), next.saga);
    write = next;
  };
  step(After(write.saga, Admitted{}));
  step(After(write.saga, ActionReplied{0, 1, OutcomeUnknown{"not {\"now\", \\}", true, absl::Seconds(3)}}));
  step(AfterApplied(write.saga));
  step(After(write.saga, CancelRequested{"I'd rather; not"}));
  step(AfterApplied(write.saga));
  step(After(write.saga, CompensationReplied{1, 1, Undone{true, std::nullopt, "rl"}}));
  step(After(write.saga, CompensationReplied{0, 1, Undone{true, Money{10001, "USD"}, "rf"}}));
  step(After(write.saga, FaultFound{"TESTED"}));
  step(AfterApplied(write.saga));
  EXPECT_TRUE(write.saga.finished());
  const std::vector<JournalEntry> journal = world().JournalOf(write.saga.id());
  ASSERT_EQ(static_cast<std::int64_t>(journal.size()), write.saga.version);
  for (std::size_t i = 0; i < journal.size(); ++i) EXPECT_EQ(journal[i].sequence, static_cast<std::int64_t>(i) + 1);
  EXPECT_EQ(journal.back().phase, Phase::kFinished);
}

TEST_P(StoreTest, AnOwnerWhoseTokenWasRaisedWritesNothing) {
  Owner old_owner(world(), "old");
  old_owner.Take(kShards);
  const SagaWrite before = Placed(0, "before");
  ASSERT_TRUE(IsCommitted(old_owner.Commit({before})));
  world().Pass(kLease * 2);
  Owner new_owner(world(), "new");
  ASSERT_THAT(new_owner.Take(kShards), SizeIs(kShards));

  const std::int64_t turn = new_owner.Rows({0})[0].turn;
  const SagaWrite late = Placed(0, "late");
  const CommitResult result = old_owner.Commit({late, AfterApplied(before.saga)}, {{before.saga.id(), "LATE"}});
  ASSERT_TRUE(std::holds_alternative<Fenced>(result));
  EXPECT_THAT(std::get<Fenced>(result).shards, ElementsAre(0));
  ExpectAbsent(world(), new_owner, late);
  ExpectSame(new_owner.ReadOne(before.saga.id()), before.saga);
  EXPECT_EQ(new_owner.Rows({0})[0].turn, turn);
  EXPECT_EQ(new_owner.Load(0).next_position, 2);
  const SagaWrite again = Placed(0, "late");
  const CommitResult kept = new_owner.Commit({again});
  ASSERT_TRUE(IsCommitted(kept));
  EXPECT_THAT(std::get<Committed>(kept).duplicates, IsEmpty()) << "the fenced turn has left its key behind";
}

TEST_P(StoreTest, OneLostShardStopsTheWholeTurnAndIsNamed) {
  Owner old_owner(world(), "old");
  old_owner.Take(kShards);
  LeaseRequest request = old_owner.Request();
  request.release = {1};
  old_owner.Lease(request);
  Owner new_owner(world(), "new");
  world().Pass(absl::Milliseconds(1));
  ASSERT_THAT(new_owner.Take(kShards), SizeIs(1));

  const SagaWrite mine = Placed(0, "mine");
  const SagaWrite lost = Placed(1, "lost");
  const CommitResult result = old_owner.Commit({mine, lost});
  ASSERT_TRUE(std::holds_alternative<Fenced>(result));
  EXPECT_THAT(std::get<Fenced>(result).shards, ElementsAre(1));
  ExpectAbsent(world(), old_owner, mine);
  ExpectAbsent(world(), old_owner, lost);
  EXPECT_TRUE(IsCommitted(old_owner.Commit({mine})));
}

TEST_P(StoreTest, AWrongEndOfTheStreamIsFenced) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  const SagaWrite write = Placed(3, "k");
  Turn turn = owner.MakeTurn({write});
  turn.shards[0].next_position = 7;
  EXPECT_TRUE(std::holds_alternative<Fenced>(owner.Commit(turn)));
  ExpectAbsent(world(), owner, write);
}

TEST_P(StoreTest, AnotherVersionIsStaleAndStopsTheWholeTurn) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  const SagaWrite first = Placed(0, "k1");
  const SagaWrite second = Placed(0, "k2");
  ASSERT_TRUE(IsCommitted(owner.Commit({first, second})));
  ASSERT_TRUE(IsCommitted(owner.Commit({AfterApplied(first.saga)})));

  const SagaWrite other = Placed(0, "k3");
  const CommitResult result = owner.Commit({other, AfterRejected(first.saga), AfterApplied(second.saga)});
  ASSERT_TRUE(std::holds_alternative<Stale>(result));
  EXPECT_THAT(std::get<Stale>(result).sagas, ElementsAre(first.saga.id()));
  ExpectAbsent(world(), owner, other);
  ExpectSame(owner.ReadOne(second.saga.id()), second.saga);
  EXPECT_THAT(owner.Events(0), SizeIs(3));
  EXPECT_TRUE(IsCommitted(owner.Commit({other, AfterApplied(second.saga)})));
}

TEST_P(StoreTest, AnUpdateOfASagaThatIsNotThereIsStale) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  const SagaWrite never = Placed(0, "never");
  const CommitResult result = owner.Commit({AfterApplied(never.saga)});
  ASSERT_TRUE(std::holds_alternative<Stale>(result));
  EXPECT_THAT(std::get<Stale>(result).sagas, ElementsAre(never.saga.id()));
  ExpectAbsent(world(), owner, never);
}

TEST_P(StoreTest, PositionsHaveNoGaps) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  const SagaWrite a = Placed(0, "a");
  const SagaWrite b = Placed(0, "b");
  const SagaWrite c = Placed(1, "c");
  ASSERT_TRUE(IsCommitted(owner.Commit({a, b, c})));
  EXPECT_TRUE(std::holds_alternative<Stale>(owner.Commit({Placed(0, "d"), AfterApplied(Placed(0, "e").saga)})));
  ASSERT_TRUE(IsCommitted(owner.Commit({Placed(0, "a"), AfterRejected(a.saga)}))) << "the first is a duplicate";
  EXPECT_THAT(Positions(owner.Events(0)), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Positions(owner.Events(1)), ElementsAre(1));
  std::int64_t sequence = 0;
  for (const OutboxEvent& event : owner.Events(0)) {
    if (event.order_id != a.saga.id()) continue;
    EXPECT_EQ(event.sequence, ++sequence);
  }
  EXPECT_EQ(sequence, 3);
  EXPECT_EQ(owner.Load(0).next_position, 5);
  EXPECT_EQ(owner.Load(1).next_position, 2);
}

TEST_P(StoreTest, TheRelayedPositionOnlyGrows) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  ASSERT_TRUE(IsCommitted(owner.Commit({Placed(0, "a"), Placed(0, "b"), Placed(0, "c")})));
  owner.SetRelayed(0, 2);
  ASSERT_TRUE(IsCommitted(owner.Commit(owner.MakeTurn({}, {}, {0})))) << "a turn may hold nothing but positions";
  EXPECT_EQ(owner.Load(0).relayed_position, 2);
  owner.SetRelayed(0, 1);
  ASSERT_TRUE(IsCommitted(owner.Commit(owner.MakeTurn({}, {}, {0}))));
  EXPECT_EQ(owner.Load(0).relayed_position, 2);
}

TEST_P(StoreTest, ParkingChangesNothingElse) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  const SagaWrite placed = Placed(0, "k");
  const SagaWrite waiting = After(placed.saga, ActionReplied{0, 1, OutcomeUnknown{"silence", true, std::nullopt}});
  ASSERT_TRUE(IsCommitted(owner.Commit({placed})));
  ASSERT_TRUE(IsCommitted(owner.Commit({waiting})));
  ASSERT_TRUE(waiting.saga.due_at.has_value());

  ASSERT_TRUE(IsCommitted(owner.Commit({}, {{placed.saga.id(), "BAD_ROW"}})));
  Saga expected = waiting.saga;
  expected.parked = "BAD_ROW";
  expected.due_at.reset();
  Saga stored = owner.ReadOne(placed.saga.id());
  expected.updated_at = stored.updated_at;
  ExpectSame(stored, expected);
  EXPECT_TRUE(IsCommitted(owner.Commit({After(stored, VerbAsked{Verb::kRetry, {"olga", "", "repaired"}})})));
}

TEST_P(StoreTest, WhatOperatorsHaveDoneToASagaIsStored) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  const SagaWrite placed = Placed(0, "k");
  SagaWrite paused = After(placed.saga, VerbAsked{Verb::kPause, {"olga", "10.0.0.7", "wait"}});
  paused.saga.settled = {1234, "USD"};
  paused.saga.settlement = Settlement{{1234, "USD"}, "transfer 4711", "olga"};
  ASSERT_TRUE(paused.saga.paused_at.has_value());
  ASSERT_TRUE(IsCommitted(owner.Commit({placed})));
  ASSERT_TRUE(IsCommitted(owner.Commit({paused})));
  ExpectSame(owner.ReadOne(placed.saga.id()), paused.saga);
}

TEST_P(StoreTest, RowsOfTheOperatorLogAreStoredWithTheirTurnAndMoveTheHead) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  EXPECT_EQ(owner.Load(0).log_head, LogHead());
  const LogChain chain("a key");
  LogHead head;
  Turn turn = owner.MakeTurn({Placed(0, "k")});
  for (const char* verb : {"pause", "resume"}) {
    LogRow& row = turn.shards[0].log.emplace_back();
    row.at = absl::FromUnixSeconds(1'700'000'000);
    row.verb = verb;
    row.reason = "ticket 4711";
    chain.Append(head, row);
  }
  ASSERT_TRUE(IsCommitted(owner.Commit(turn)));
  EXPECT_EQ(owner.Load(0).log_head, head);
  EXPECT_EQ(head.number, 2);
  EXPECT_EQ(owner.Load(1).log_head, LogHead());

  // What is not stored moves nothing.
  Turn fenced = owner.MakeTurn({Placed(0, "k2")});
  fenced.shards[0].token += 7;
  chain.Append(head, fenced.shards[0].log.emplace_back());
  EXPECT_TRUE(std::holds_alternative<Fenced>(owner.Commit(fenced)));
  EXPECT_EQ(owner.Load(0).log_head->number, 2);
}

TEST_P(StoreTest, OnlyAnUnfinishedSagaThatIsThereIsParked) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  const SagaWrite placed = Placed(0, "k");
  const SagaWrite declined = AfterRejected(placed.saga);
  const SagaWrite finished = AfterApplied(declined.saga);
  for (const SagaWrite& write : {placed, declined, finished}) ASSERT_TRUE(IsCommitted(owner.Commit({write})));
  const SagaWrite never = Placed(0, "never");
  ASSERT_TRUE(IsCommitted(owner.Commit({}, {{placed.saga.id(), "BAD_ROW"}, {never.saga.id(), "BAD_ROW"}})));
  EXPECT_EQ(owner.ReadOne(placed.saga.id()).parked, "");
  ExpectAbsent(world(), owner, never);
}

}  // namespace
}  // namespace ordersaga::orchestrator
