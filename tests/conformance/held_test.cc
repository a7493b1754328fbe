// Events that cannot be published are copied aside by the turn that moves the relay position past them.
#include "tests/conformance/owner.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class HeldEvents {
 public:
  explicit HeldEvents(World& world) : owner(world, "a") {
    owner.Take(kShards);
    Keep({{first, Placed(0, "b"), Placed(1, "c")}});
    Keep({{AfterRejected(first.saga)}});  // events 3 and 4
  }
  void Keep(std::vector<SagaWrite> writes) { Keep(owner.MakeTurn(std::move(writes))); }
  void Keep(Turn turn) {
    if (!std::holds_alternative<Committed>(owner.Commit(std::move(turn)))) throw std::runtime_error("not committed");
  }
  Turn Hold(const std::vector<std::int64_t>& positions, std::int64_t relayed) {
    Turn turn = owner.MakeTurn({}, {}, {0});
    for (const std::int64_t position : positions) turn.shards[0].hold.push_back({position, "UNPUBLISHABLE"});
    turn.shards[0].relayed_position = relayed;
    return turn;
  }

  Owner owner;
  const SagaWrite first = Placed(0, "a");
};

TEST_P(StoreTest, HeldEventsAreKeptUntilReleased) {
  HeldEvents test(world());
  Owner& owner = test.owner;
  test.Keep(test.Hold({1, 3, 4}, 4));
  EXPECT_THAT(Positions(owner.Held(0)), ElementsAre(1, 3, 4));
  EXPECT_THAT(Positions(owner.Held(0, 1, 1)), ElementsAre(3));
  EXPECT_THAT(owner.Held(1), IsEmpty());
  const OutboxEvent copy = owner.Held(0, 3)[0];
  const OutboxEvent original = owner.Events(0, 3)[0];
  EXPECT_EQ(copy.order_id, original.order_id);
  EXPECT_EQ(copy.sequence, original.sequence);
  EXPECT_EQ(copy.routing_key, original.routing_key);
  EXPECT_EQ(copy.body, original.body);
  EXPECT_EQ(copy.at, original.at);
  EXPECT_EQ(copy.traceparent, test.first.saga.order->traceparent);

  const ShardContents contents = owner.Load(0);
  EXPECT_EQ(contents.relayed_position, 4);
  ASSERT_EQ(contents.held.size(), 1U);
  EXPECT_EQ(contents.held[0].id, test.first.saga.id());
  EXPECT_EQ(contents.held[0].events, 3);

  Turn release = owner.MakeTurn({}, {}, {0});
  release.shards[0].release = {1, 3};
  test.Keep(release);
  EXPECT_THAT(Positions(owner.Held(0)), ElementsAre(4));
  EXPECT_EQ(owner.Events(0).size(), 4U) << "the stream itself stays";
}

TEST_P(StoreTest, HoldingTwiceKeepsOneCopy) {
  HeldEvents test(world());
  test.Keep(test.Hold({1}, 1));
  test.Keep(test.Hold({1, 3}, 3));
  EXPECT_THAT(Positions(test.owner.Held(0)), ElementsAre(1, 3));
}

TEST_P(StoreTest, AFencedTurnHoldsAndReleasesNothing) {
  HeldEvents test(world());
  test.Keep(test.Hold({1}, 1));
  world().Pass(kLease * 2);
  Owner next(world(), "next");
  ASSERT_EQ(next.Take(kShards).size(), static_cast<std::size_t>(kShards));
  Turn late = test.Hold({3}, 3);
  late.shards[0].release = {1};
  EXPECT_TRUE(std::holds_alternative<Fenced>(test.owner.Commit(late)));
  EXPECT_THAT(Positions(next.Held(0)), ElementsAre(1));
  EXPECT_EQ(next.Load(0).relayed_position, 1);
}

}  // namespace
}  // namespace ordersaga::orchestrator
