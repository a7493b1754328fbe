// The connection is lost at COMMIT: nobody can say at once whether the turn is there; ReadShards can.
#include "tests/conformance/owner.h"
#include "tests/conformance/pg_world.h"
#include "tests/integration/platform/amqp/tcp_gate.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(InDoubtTest, ABackendThatDiesAtCommitHasWrittenNothing) {
  PgWorld world;
  Owner owner(world, "held");
  owner.Take(kShards);
  const SagaWrite write = Placed(0, "key");
  const Turn turn = owner.MakeTurn({write});
  Answer<CommitResult> answer;
  world.Close(PgWorld::Gate::kCommit);
  owner.sagas().Commit(turn, answer.Taker());
  world.AwaitBlocked("held", "COMMIT");
  world.KillBlocked("held");
  EXPECT_TRUE(std::holds_alternative<InDoubt>(answer.Get()));
  world.Lift(PgWorld::Gate::kCommit);
  EXPECT_NE(owner.Rows({0})[0].turn, turn.shards[0].turn) << "not ours: not committed";
  EXPECT_THAT(owner.Read({write.saga.id()}).sagas, IsEmpty());
  EXPECT_TRUE(std::holds_alternative<Committed>(owner.Commit(turn))) << "the same turn again, on a new connection";
}

TEST(InDoubtTest, ReadShardsWaitsForTheOldTransactionAndTellsThatItCommitted) {
  PgWorld world;
  const auto [host, port] = world.server();
  TcpGate gate(host, port);
  Owner owner(world.OpenThrough(gate.port(), "held"), "held");
  owner.Take(kShards);
  const SagaWrite write = Placed(0, "key");
  const Turn turn = owner.MakeTurn({write});
  Answer<CommitResult> answer;
  world.Close(PgWorld::Gate::kCommit);
  owner.sagas().Commit(turn, answer.Taker());
  world.AwaitBlocked("held", "COMMIT");
  gate.Cut();  // the backend does not notice: it works on its COMMIT
  EXPECT_TRUE(std::holds_alternative<InDoubt>(answer.Get()));

  Owner reader(world, "reader");
  Answer<absl::StatusOr<std::vector<ShardRow>>> rows;
  reader.sagas().ReadShards({0}, rows.Taker());
  world.AwaitBlocked("reader", "FOR UPDATE");
  EXPECT_FALSE(rows.ready());
  world.Lift(PgWorld::Gate::kCommit);
  const absl::StatusOr<std::vector<ShardRow>> told = rows.Get();
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->at(0).turn, turn.shards[0].turn) << "ours: committed";
  EXPECT_EQ(told->at(0).token, turn.shards[0].token);
  EXPECT_THAT(reader.Read({write.saga.id()}).sagas, SizeIs(1));
  EXPECT_THAT(reader.Events(0), SizeIs(1));
}

// The turn is in this server, and in no other: a failover would take it back.
TEST(InDoubtTest, ATurnThatIsCommittedHereOnlyIsInDoubtAndSoIsTheQuestionAboutIt) {
  PgWorld world;
  Owner owner(world, "taker");
  owner.Take(kShards);
  const Turn turn = owner.MakeTurn({Placed(0, "key")});
  const Stores waiting = world.OpenSynchronous("waits");
  Answer<CommitResult> answer;
  waiting.sagas->Commit(turn, answer.Taker());
  world.AwaitCommitThatWaits("waits");
  world.CutWaitShort("waits");
  EXPECT_TRUE(std::holds_alternative<InDoubt>(answer.Get()));
  EXPECT_EQ(owner.Rows({0})[0].turn, turn.shards[0].turn) << "somebody who does not wait would believe it";

  Answer<absl::StatusOr<std::vector<ShardRow>>> rows;
  waiting.sagas->ReadShards({0}, rows.Taker());
  world.AwaitCommitThatWaits("waits");
  EXPECT_FALSE(rows.ready());
  world.CutWaitShort("waits");
  EXPECT_EQ(rows.Get().status().code(), absl::StatusCode::kUnavailable) << "ask again";
}

TEST(InDoubtTest, ATakeOverLeavesAShardInDoubtAlone) {
  PgWorld world;
  Owner owner(world, "held");
  owner.Take(kShards);
  world.Pass(kLease * 2);
  Answer<CommitResult> answer;
  world.Close(PgWorld::Gate::kCommit);
  owner.sagas().Commit(owner.MakeTurn({Placed(0, "key")}), answer.Taker());
  world.AwaitBlocked("held", "COMMIT");
  Owner next(world, "next");
  EXPECT_THAT(next.Take(kShards), SizeIs(kShards - 1));
  world.Lift(PgWorld::Gate::kCommit);
  EXPECT_TRUE(std::holds_alternative<Committed>(answer.Get()));
  EXPECT_THAT(next.Take(kShards), SizeIs(1));
  EXPECT_EQ(next.known(0).next_position, 2);
}

TEST(InDoubtTest, AConnectionLostBeforeCommitIsNoDoubt) {
  PgWorld world;
  Owner owner(world, "held");
  owner.Take(kShards);
  const SagaWrite write = Placed(0, "key");
  const Turn turn = owner.MakeTurn({write});
  Answer<CommitResult> answer;
  world.Close(PgWorld::Gate::kRows);
  owner.sagas().Commit(turn, answer.Taker());
  world.AwaitBlocked("held");
  world.KillBlocked("held");
  EXPECT_TRUE(std::holds_alternative<Unavailable>(answer.Get()));
  world.Lift(PgWorld::Gate::kRows);
  EXPECT_THAT(owner.Read({write.saga.id()}).sagas, IsEmpty());
  EXPECT_TRUE(std::holds_alternative<Committed>(owner.Commit(turn)));
}

TEST(InDoubtTest, AServerThatCannotBeReachedIsUnavailableAndNothingElse) {
  PgWorld world;
  const auto [host, port] = world.server();
  TcpGate gate(host, port);
  Owner owner(world.OpenThrough(gate.port(), "a"), "a");
  owner.Take(kShards);
  const SagaWrite write = Placed(0, "key");
  const Turn turn = owner.MakeTurn({write});
  gate.SetClosed(true);
  EXPECT_TRUE(std::holds_alternative<Unavailable>(owner.Commit(turn)));
  Answer<absl::StatusOr<std::vector<ShardRow>>> rows;
  owner.sagas().ReadShards({0}, rows.Taker());
  EXPECT_EQ(rows.Get().status().code(), absl::StatusCode::kUnavailable);
  Answer<absl::StatusOr<LeaseReply>> lease;
  owner.shards().Lease(owner.Request(), lease.Taker());
  EXPECT_EQ(lease.Get().status().code(), absl::StatusCode::kUnavailable);
  gate.SetClosed(false);
  EXPECT_EQ(owner.Rows({0})[0].turn, 0);
  EXPECT_TRUE(std::holds_alternative<Committed>(owner.Commit(turn))) << "the same turn again";
}

}  // namespace
}  // namespace ordersaga::orchestrator
