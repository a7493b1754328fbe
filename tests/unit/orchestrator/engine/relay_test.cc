// What the relay does with events, and with a broker that will not have them.
#include "tests/unit/orchestrator/engine/relay_fixture.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

TEST_F(RelayTest, PublishesEveryEventOnce) {
  Commit({0, 1, 0, 2, 0});
  Settle();
  EXPECT_THAT(Seen(0), ElementsAre(1, 2, 3));
  EXPECT_THAT(broker.taken, SizeIs(5));
  EXPECT_EQ(relayed(), 5);
  EXPECT_TRUE(relay->idle());
}

TEST_F(RelayTest, NeverHasTwoEventsOfAnOrderUnconfirmed) {
  Commit({0, 0, 0, 1, 1});
  Step();
  std::vector<Uuid> orders;
  for (const auto& [event, done] : broker.open) orders.push_back(event.order_id);
  EXPECT_THAT(orders, UnorderedElementsAre(Order(0), Order(1)));
}

TEST_F(RelayTest, UnderLoadEventsGoOutInBurstsALittleApart) {
  options.bursts_apart = absl::Milliseconds(12);
  Restart();
  Commit({0, 1, 2, 3, 0});
  EXPECT_EQ(relay->Pump(), absl::InfiniteDuration());
  EXPECT_THAT(broker.open, SizeIs(4));
  clock.elapsed += absl::Milliseconds(2);
  EXPECT_EQ(Step(), absl::Milliseconds(10)) << "the order's next event is ready, and waits";
  EXPECT_THAT(broker.open, IsEmpty());
  Commit({4});
  clock.elapsed += absl::Milliseconds(10);
  Step();
  EXPECT_THAT(broker.open, SizeIs(2));
}

TEST_F(RelayTest, AFewEventsKeepNothingOff) {
  options.bursts_apart = absl::Milliseconds(12);
  Restart();
  Commit({0, 0, 1});
  Settle();
  EXPECT_THAT(broker.taken, SizeIs(3));
}

TEST_F(RelayTest, ALostEventComesBeforeTheOrdersNext) {
  Commit({0, 0, 1});
  broker.verdict = [](const OutboxEvent&) { return PublishResult::kLost; };
  Step();
  Step();
  EXPECT_THAT(broker.taken, IsEmpty());
  Welcome();
  Later(absl::Seconds(1));
  EXPECT_THAT(Seen(0), ElementsAre(1, 2));
  EXPECT_THAT(Seen(1), ElementsAre(1));
}

TEST_F(RelayTest, KeepsNoMoreThanTheWindowInMemoryWhileTheBrokerIsAway) {
  options.window = 8;
  Restart();
  broker.verdict = [](const OutboxEvent&) { return PublishResult::kLost; };
  for (int i = 0; i < 50; ++i) Commit({i % 5});
  Settle();
  EXPECT_LE(broker.most_open, 8u);
  EXPECT_EQ(relayed(), 0);
  Step();
  EXPECT_EQ(stats.outbox_unpublished, 50);
  Welcome();
  Later(absl::Seconds(1));
  EXPECT_EQ(relayed(), 50);
  for (int order = 0; order < 5; ++order) EXPECT_THAT(Seen(order), SizeIs(10));
  EXPECT_LE(broker.most_open, 8u);
}

TEST_F(RelayTest, ANewOwnerGoesOnWhereTheStoredPositionIs) {
  Commit({0, 0, 1});
  Step();
  Step();  // 1 of order 0, and order 1's, are confirmed and stored as far as they are contiguous
  Commit({0, 1}, /*hand_over=*/false);
  Restart();
  Settle();
  EXPECT_THAT(Seen(0), ElementsAre(1, 2, 3));
  EXPECT_THAT(Seen(1), ElementsAre(1, 2));
  EXPECT_EQ(relayed(), 5);
}

TEST_F(RelayTest, AnUnroutableEventIsCountedAndGone) {
  Against(0, PublishResult::kUnroutable);
  Commit({0, 0, 1});
  Settle();
  EXPECT_EQ(stats.events_unroutable, 2);
  EXPECT_EQ(relayed(), 3);
  EXPECT_THAT(database.held, IsEmpty());
}

TEST_F(RelayTest, WithHoldAnUnroutableEventWaitsAndHoldsBackItsOrderOnly) {
  options.hold_unroutable = true;
  Restart();
  Against(0, PublishResult::kUnroutable);
  Commit({0, 1, 0, 1});
  Settle();
  EXPECT_THAT(Seen(0), IsEmpty());
  EXPECT_THAT(Seen(1), ElementsAre(1, 2));
  EXPECT_EQ(relayed(), 4);  // the copies are stored, so the stream has moved on
  EXPECT_THAT(database.held, SizeIs(2));
  EXPECT_EQ(stats.events_held, 2);
  Commit({0});  // a later one queues up behind them
  Settle();
  EXPECT_THAT(database.held, SizeIs(3));
  Welcome();
  Later(options.retry + absl::Seconds(1));
  EXPECT_THAT(Seen(0), ElementsAre(1, 2, 3));
  EXPECT_THAT(database.held, IsEmpty());
  EXPECT_EQ(stats.events_held, 0);
  Commit({0});
  Settle();
  EXPECT_THAT(Seen(0), ElementsAre(1, 2, 3, 4));
}

TEST_F(RelayTest, ThePositionNeverPassesAHeldEventWithoutItsCopy) {
  Against(0, PublishResult::kUnpublishable);
  Commit({0, 1});
  Step(/*store_turn=*/false);
  Step(/*store_turn=*/false);
  Step(/*store_turn=*/false);
  EXPECT_EQ(relay->relayed(kShard), 2);
  EXPECT_TRUE(relay->wants_turn(kShard));
  EXPECT_EQ(relayed(), 0);
  Restart();  // dies before that turn: nothing was stored, so both are met again
  Welcome();
  Settle();
  EXPECT_THAT(Seen(0), ElementsAre(1));
}

TEST_F(RelayTest, ANewOwnerKnowsWhatIsHeldAndKeepsTheOrder) {
  Against(0, PublishResult::kUnpublishable);
  Commit({0, 0});
  Settle();
  ASSERT_THAT(database.held, SizeIs(2));
  Restart();
  Welcome();
  Commit({0});
  Step();
  EXPECT_THAT(Seen(0), IsEmpty()) << "the third may not come before the held ones";
  Later(options.retry + absl::Seconds(1));
  Later(options.retry + absl::Seconds(1));
  EXPECT_THAT(Seen(0), ElementsAre(1, 2, 3));
  EXPECT_THAT(database.held, IsEmpty());
}

TEST_F(RelayTest, AHeldEventPublishedButNotYetRemovedComesAgainInOrder) {
  Against(0, PublishResult::kUnpublishable);
  Commit({0, 0});
  Settle();
  Welcome();
  clock.elapsed += options.retry + absl::Seconds(1);
  for (int i = 0; i < 10; ++i) Step(/*store_turn=*/false);
  EXPECT_THAT(Seen(0), ElementsAre(1, 2));
  Restart();  // dies before the removal is stored
  Later(options.retry + absl::Seconds(1));
  std::vector<std::int64_t> raw;
  for (const OutboxEvent& event : broker.taken) raw.push_back(event.sequence);
  EXPECT_THAT(raw, ElementsAre(1, 2, 1, 2));
  EXPECT_THAT(database.held, IsEmpty());
}

TEST_F(RelayTest, ReleaseTriesAtOnce) {
  options.retry = absl::Hours(1);
  Restart();
  Against(0, PublishResult::kUnpublishable);
  Commit({0, 0});
  Settle();
  Welcome();
  Settle();
  EXPECT_THAT(Seen(0), IsEmpty());
  EXPECT_TRUE(relay->Release(Order(0), /*skip_sequence=*/0).ok());
  Settle();
  EXPECT_THAT(Seen(0), ElementsAre(1, 2));
  EXPECT_EQ(relay->Release(Order(0), 0).code(), absl::StatusCode::kNotFound);
}

TEST_F(RelayTest, ReleaseMayGiveUpTheFirstHeldEvent) {
  broker.verdict = [](const OutboxEvent& event) {
    return event.sequence == 1 ? PublishResult::kUnpublishable : PublishResult::kConfirmed;
  };
  Commit({0, 0, 0});
  Settle();
  EXPECT_THAT(Seen(0), IsEmpty());
  EXPECT_TRUE(relay->Release(Order(0), /*skip_sequence=*/1).ok());
  Settle();
  EXPECT_THAT(Seen(0), ElementsAre(2, 3));
  EXPECT_THAT(database.held, IsEmpty());
}

TEST_F(RelayTest, OnlyTheFirstHeldEventCanBeGivenUpAndOnlyTheOneThatWasNamed) {
  Against(0, PublishResult::kUnpublishable);
  Commit({0, 0});
  Settle();
  EXPECT_TRUE(relay->Release(Order(0), /*skip_sequence=*/2).ok());
  Settle();
  EXPECT_THAT(database.held, SizeIs(2)) << "the second is not the first";
  Welcome();
  EXPECT_TRUE(relay->Release(Order(0), /*skip_sequence=*/2).ok());
  Settle();
  EXPECT_THAT(Seen(0), ElementsAre(1, 2)) << "a wish that could not be met is forgotten";
}

TEST_F(RelayTest, WalksManyHeldEventsPageByPage) {
  options.window = 4;
  options.hold_unroutable = true;
  Restart();
  broker.verdict = [](const OutboxEvent&) { return PublishResult::kUnroutable; };
  for (int round = 0; round < 3; ++round) {
    for (int order = 0; order < 7; ++order) {
      Commit({order});
      Settle();
    }
  }
  ASSERT_THAT(database.held, SizeIs(21));
  Welcome();
  Later(options.retry + absl::Seconds(1));
  for (int order = 0; order < 7; ++order) EXPECT_THAT(Seen(order), ElementsAre(1, 2, 3));
  EXPECT_THAT(database.held, IsEmpty());
  EXPECT_LE(broker.most_open, 4u);
}

TEST_F(RelayTest, TheNumberOfHeldOrdersIsBounded) {
  options.hold_unroutable = true;
  options.max_held_orders = 2;
  options.window = 4;
  Restart();
  broker.verdict = [](const OutboxEvent&) { return PublishResult::kUnroutable; };
  for (int order = 0; order < 20; ++order) Commit({order});
  for (int i = 0; i < 5; ++i) Later(options.retry + absl::Seconds(1));
  EXPECT_THAT(database.held, SizeIs(2));
  Welcome();
  for (int i = 0; i < 10; ++i) Later(options.retry + absl::Seconds(1));
  for (int order = 0; order < 20; ++order) EXPECT_THAT(Seen(order), ElementsAre(1));
}

TEST_F(RelayTest, AHoleInTheStoreStopsTheShardLoudlyAndIsNotSkipped) {
  Commit({0, 1, 2}, /*hand_over=*/false);
  database.outbox.erase({kShard, 2});
  Restart();
  for (int i = 0; i < 5; ++i) Later(absl::Seconds(1));
  EXPECT_EQ(relayed(), 1);
  EXPECT_THAT(Seen(2), IsEmpty());
  EXPECT_GT(Step(), absl::ZeroDuration()) << "it must not spin";
}

TEST_F(RelayTest, AnswersForADroppedShardAreIgnored) {
  Commit({0, 0});
  Step();
  const auto late = std::exchange(broker.open, {});
  relay->DropShard(kShard);
  Commit({1}, /*hand_over=*/false);
  relay->AddShard(store.Contents(kShard));
  for (const auto& [event, done] : late) done(PublishResult::kConfirmed);
  Settle();
  EXPECT_THAT(Seen(0), ElementsAre(1, 2));
  EXPECT_EQ(relayed(), 3);
}

// Whatever the broker answers and whenever the owner dies, each order arrives as 1..n.
TEST_F(RelayTest, KeepsEveryOrderWholeUnderRandomTroubles) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::uint64_t state = seed;
    const auto roll = [&state](std::uint64_t n) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      return (state >> 33) % n;
    };
    database = MemoryDatabase(1);
    broker.taken.clear();
    sequences.clear();
    options.window = 2 + roll(7);
    options.hold_unroutable = true;
    clock.elapsed = absl::ZeroDuration();
    Restart();
    bool troubled = true;
    broker.verdict = [&](const OutboxEvent&) {
      constexpr std::array kAll = {PublishResult::kLost, PublishResult::kRefused, PublishResult::kUnpublishable,
                                   PublishResult::kUnroutable};
      return troubled && roll(3) == 0 ? kAll[roll(kAll.size())] : PublishResult::kConfirmed;
    };
    for (int step = 0; step < 300; ++step) {
      if (roll(3) == 0) Commit({static_cast<int>(roll(5))});
      clock.elapsed += absl::Milliseconds(static_cast<std::int64_t>(roll(2000)));
      Step(roll(2) == 0);
      if (roll(40) == 0) Restart();
    }
    troubled = false;
    for (int i = 0; i < 20; ++i) Later(options.retry + absl::Seconds(1));
    for (const auto& [order, last] : sequences) {
      std::vector<std::int64_t> all;
      for (std::int64_t n = 1; n <= last; ++n) all.push_back(n);
      ASSERT_EQ(Seen(order), all) << "seed " << seed << ", order " << order;
    }
    ASSERT_THAT(database.held, IsEmpty()) << "seed " << seed;
    ASSERT_EQ(relayed(), database.shards[kShard].next_position - 1) << "seed " << seed;
  }
}

}  // namespace
}  // namespace ordersaga::orchestrator
