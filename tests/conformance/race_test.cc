// Two connections at once: a late owner's transaction against a take-over of its shard. Whoever comes second must see
// the truth.
#include "tests/conformance/owner.h"
#include "tests/conformance/pg_world.h"
#include "tests/conformance/plain_select_store.h"
#include "tests/integration/platform/amqp/tcp_gate.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kLateCommit[] = "a commit went through after another owner had taken the shard";
constexpr char kBelowTheCursor[] = "an event has appeared below the new owner's cursor";
constexpr char kNotGapless[] = "the stream's positions do not count up from 1";

// The late owner ("held") stops inside its transaction, its lease has run out, and a new owner wants the shard and
// writes. Returns what must not have come of it.
class LateOwner {
 public:
  LateOwner(PgWorld& world, Stores stores) : world_(world), late_(std::move(stores), "held"), next_(world, "next") {}

  std::vector<std::string> Run() {
    late_.Take(kShards);
    world_.Pass(kLease * 2);
    world_.Close(PgWorld::Gate::kRows);
    late_.sagas().Commit(late_.MakeTurn({order_}), answer_.Taker());
    world_.AwaitBlocked("held");
    const bool taken = TakesShard0();
    Check(!taken, "the shard was taken under a transaction that had proved its token");
    if (taken) Write();
    world_.Lift(PgWorld::Gate::kRows);
    const bool committed = std::holds_alternative<Committed>(answer_.Get());
    Check(!(taken && committed), kLateCommit);
    Check(taken || committed, "a commit was refused though nobody had taken the shard");
    if (!taken) {
      Check(TakesShard0(), "the shard cannot be taken though the late owner's transaction has ended");
      Write();
    }
    CheckTheStream();
    CheckTheKey(committed);
    Check(std::holds_alternative<Fenced>(late_.Commit({Placed(0, "later")})), "the late owner can still write");
    return wrong_;
  }

 private:
  bool TakesShard0() {
    for (const ShardLease& lease : next_.Take(kShards)) {
      if (lease.shard == 0) return true;
    }
    return false;
  }

  // The new owner's first event, in another segment of the outbox than the late one's; then it has read all there is.
  void Write() {
    SagaWrite own = Placed(0, "own");
    own.events[0].at += kNextSegment;
    Check(std::holds_alternative<Committed>(next_.Commit({own})), "the new owner cannot write");
    seen_ = next_.Events(0).size();
  }

  void CheckTheStream() {
    const std::vector<OutboxEvent> events = next_.Events(0);
    const std::int64_t cursor = next_.known(0).next_position - 1;
    std::size_t below = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
      below += events[i].position <= cursor ? 1 : 0;
      Check(events[i].position == static_cast<std::int64_t>(i) + 1, kNotGapless);
    }
    Check(below == seen_, kBelowTheCursor);
  }

  void CheckTheKey(bool committed) {
    Check(next_.Read({order_.saga.id()}).sagas.size() == (committed ? 1U : 0U), "the answer and the rows differ");
    const CommitResult again = next_.Commit({Placed(0, "key")});
    const auto* kept = std::get_if<Committed>(&again);
    const bool one = kept != nullptr && kept->duplicates.size() == (committed ? 1U : 0U);
    Check(one, "one key has not made one order");
  }

  void Check(bool holds, const char* otherwise) {
    if (!holds) wrong_.emplace_back(otherwise);
  }

  PgWorld& world_;
  Owner late_;
  Owner next_;
  const SagaWrite order_ = Placed(0, "key");
  Answer<CommitResult> answer_;
  std::size_t seen_ = 0;
  std::vector<std::string> wrong_;
};

TEST(RaceTest, AnOpenTransactionHoldsATakeOverOff) {
  PgWorld world;
  EXPECT_THAT(LateOwner(world, world.Open("held")).Run(), IsEmpty());
}

TEST(RaceTest, ATokenCheckByPlainSelectIsFound) {
  PgWorld world;
  Stores stores = world.Open("held");
  stores.sagas = std::make_shared<PlainSelectStore>(world.Options("held"), stores.sagas);
  const std::vector<std::string> wrong = LateOwner(world, stores).Run();
  EXPECT_THAT(wrong, ::testing::Contains(kLateCommit));
  EXPECT_THAT(wrong, ::testing::Contains(kBelowTheCursor));
  EXPECT_THAT(wrong, ::testing::Contains(kNotGapless));
}

TEST(RaceTest, ATakeOverThatComesFirstFencesTheCommitThatWaitsForIt) {
  PgWorld world;
  Owner late(world, "held");
  late.Take(kShards);
  const SagaWrite write = Placed(0, "key");
  Answer<CommitResult> answer;
  pg::Session take_over(world.Options("next"));
  Transact(take_over, [&](pg::Tx& tx) {
    tx.Exec("UPDATE shards SET token = token + 1, owner = 'next' WHERE shard = 0");
    late.sagas().Commit(late.MakeTurn({write}), answer.Taker());
    world.AwaitBlocked("held");
    EXPECT_FALSE(answer.ready());
  });
  const CommitResult result = answer.Get();
  ASSERT_TRUE(std::holds_alternative<Fenced>(result));
  EXPECT_THAT(std::get<Fenced>(result).shards, ElementsAre(0));
  EXPECT_THAT(late.Read({write.saga.id()}).sagas, IsEmpty());
  EXPECT_EQ(late.Rows({0})[0].turn, 0);
}

// Should two writers ever have one token, the second finds the stream longer than it knows.
TEST(RaceTest, OneKeyFromTwoWritersWithOneTokenMakesOneOrder) {
  PgWorld world;
  Owner first(world, "held");
  first.Take(kShards);
  Owner second(world, "next");
  second.known(0) = first.known(0);
  const SagaWrite one = Placed(0, "key");
  const SagaWrite other = Placed(0, "key");
  Answer<CommitResult> first_answer;
  Answer<CommitResult> second_answer;
  world.Close(PgWorld::Gate::kRows);
  first.sagas().Commit(first.MakeTurn({one}), first_answer.Taker());
  world.AwaitBlocked("held");
  second.sagas().Commit(second.MakeTurn({other}), second_answer.Taker());
  world.AwaitBlocked("next");
  world.Lift(PgWorld::Gate::kRows);
  EXPECT_TRUE(std::holds_alternative<Committed>(first_answer.Get()));
  EXPECT_TRUE(std::holds_alternative<Fenced>(second_answer.Get()));
  EXPECT_THAT(second.Read({one.saga.id(), other.saga.id()}).sagas, SizeIs(1));
  EXPECT_THAT(second.Events(0), SizeIs(1));
}

// The owner freezes while the server works on its turn: the COMMIT is there already, so the turn ends without it,
// cannot hold its successor up, and is what the successor finds.
TEST(RaceTest, AFrozenOwnersTurnEndsWithoutIt) {
  PgWorld world;
  const auto [host, port] = world.server();
  TcpGate gate(host, port);
  Owner frozen(world.OpenThrough(gate.port(), "held"), "held");
  frozen.Take(kShards);
  world.Pass(kLease * 2);
  const SagaWrite write = Placed(0, "key");
  Answer<CommitResult> answer;
  world.Close(PgWorld::Gate::kRows);
  frozen.sagas().Commit(frozen.MakeTurn({write}), answer.Taker());
  world.AwaitBlocked("held");
  gate.SetFrozen(true);
  const auto frozen_at = std::chrono::steady_clock::now();
  world.Lift(PgWorld::Gate::kRows);

  Owner next(world, "next");
  std::size_t taken = 0;
  while (taken < kShards && std::chrono::steady_clock::now() < frozen_at + std::chrono::seconds(20)) {
    taken += next.Take(kShards).size();
  }
  ASSERT_EQ(taken, static_cast<std::size_t>(kShards));
  EXPECT_LT(std::chrono::steady_clock::now() - frozen_at, absl::ToChronoMilliseconds(kLease * 0.75));
  EXPECT_TRUE(std::holds_alternative<Committed>(next.Commit({Placed(0, "own")})));

  gate.SetFrozen(false);
  EXPECT_TRUE(std::holds_alternative<Committed>(answer.Get()));
  EXPECT_THAT(next.Read({write.saga.id()}).sagas, SizeIs(1));
  EXPECT_TRUE(std::holds_alternative<Fenced>(frozen.Commit({Placed(0, "later")})));
  EXPECT_THAT(next.Events(0), SizeIs(2));
}

TEST(RaceTest, ALeaseEndsByTheDatabasesClock) {
  PgWorld world;
  Owner first(world, "a");
  Owner second(world, "b");
  LeaseRequest request = first.Request();
  request.lease = absl::Milliseconds(200);
  request.take = kShards;
  const absl::Time until = first.Lease(request).owners.at(0).lease_until;
  LeaseRequest take = second.Request();
  take.take = kShards;
  LeaseReply reply;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (reply.taken.empty() && std::chrono::steady_clock::now() < give_up) {
    reply = second.Lease(take);
    EXPECT_TRUE(reply.taken.empty() || reply.now >= until);
  }
  ASSERT_FALSE(reply.taken.empty());
}

}  // namespace
}  // namespace ordersaga::orchestrator
