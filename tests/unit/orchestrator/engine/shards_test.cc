// The life of a shard here: taken, loaded, lost, given back. Two replicas of the real thing over one in-memory store.
#include "orchestrator/engine/shards.h"

#include "tests/unit/orchestrator/engine/engine_fixture.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class User final : public ShardUser {
 public:
  void AddShard(const ShardContents& contents) override { has.insert(contents.shard); }
  void DropShard(int shard) override {
    has.erase(shard);
    ++drops;
  }
  std::set<int> has;
  int drops = 0;
};

constexpr int kShards = 4;
constexpr absl::Duration kLease = absl::Seconds(5);

// A replica that does nothing but own shards.
struct Owner {
  Owner(const std::string& name, TroubledStore& store, const Clock& clock)
      : loop(clock, kLease), shards(name, name + ":1", kLease, loop, store, store, health, stats) {
    shards.Add(user);
    shards.Start(kShards);
  }
  void Run() {
    shards.Expire();
    do {
      loop.Run(loop.mailbox().DrainNow());
    } while (loop.mailbox().size() > 0);
    shards.UpdateLevels();
  }
  User user;
  Stats stats;
  DatabaseHealth health{kLease};
  Loop loop;
  Shards shards;
};

class ShardsTest : public ::testing::Test {
 protected:
  void Pass(absl::Duration time, const std::vector<Owner*>& owners) {
    for (absl::Duration passed; passed < time; passed += absl::Milliseconds(100)) {
      clock.elapsed += absl::Milliseconds(100);
      for (Owner* owner : owners) owner->Run();
    }
  }

  HandClock clock;
  MemoryDatabase database{kShards};
  TroubledStore store{database, clock};
  Owner one{"one", store, clock};
};

TEST_F(ShardsTest, WhatIsTakenIsUsedOnceItHasBeenRead) {
  store.hold_loads = true;
  one.Run();
  EXPECT_EQ(one.shards.leases().owned().size(), static_cast<std::size_t>(kShards));
  EXPECT_EQ(one.shards.leases().Usable(0), nullptr);
  EXPECT_THAT(one.user.has, IsEmpty());
  EXPECT_EQ(one.stats.shards_loaded, 0);
  store.LoadAll();
  one.Run();
  EXPECT_NE(one.shards.leases().Usable(0), nullptr);
  EXPECT_THAT(one.user.has, SizeIs(kShards));
  EXPECT_EQ(one.stats.shards_loaded, 1);
  EXPECT_EQ(one.shards.owners().AddressOf(3), "one:1");
}

TEST_F(ShardsTest, AReadThatEndsAfterTheShardWasTakenAnewCountsForNothing) {
  store.hold_loads = true;
  one.Run();
  const std::size_t old = store.loads.size();
  one.shards.Lose(0);
  clock.elapsed += kLease + absl::Seconds(1);  // and the others run out
  one.Run();
  ASSERT_EQ(store.loads.size(), old + kShards);
  store.loads.resize(old);
  store.LoadAll();
  one.Run();
  EXPECT_THAT(one.user.has, IsEmpty());
}

TEST_F(ShardsTest, TheReplicasShareAndTheOneThatIsLeftTakesAll) {
  one.Run();
  {
    Owner two("two", store, clock);
    Pass(kLease, {&one, &two});
    EXPECT_THAT(one.user.has, SizeIs(kShards / 2));
    EXPECT_THAT(two.user.has, SizeIs(kShards / 2));
    EXPECT_EQ(two.shards.owners().AddressOf(*one.user.has.begin()), "one:1");
  }
  Pass(2 * kLease, {&one});
  EXPECT_THAT(one.user.has, SizeIs(kShards));
}

TEST_F(ShardsTest, WhileTheDatabaseIsSilentShardsAreOwnedForALeaseAndNoLonger) {
  one.Run();
  store.silent = true;
  clock.elapsed += kLease - absl::Milliseconds(1);
  one.Run();
  EXPECT_THAT(one.user.has, SizeIs(kShards));
  clock.elapsed += absl::Milliseconds(1);
  one.Run();
  EXPECT_THAT(one.user.has, IsEmpty());
  EXPECT_EQ(one.stats.shards_owned, 0);
}

TEST_F(ShardsTest, AShardThatIsReloadedKeepsItsTokenAndIsNotUsableMeanwhile) {
  one.Run();
  const std::int64_t token = one.shards.leases().Find(1)->token;
  store.hold_loads = true;
  one.shards.Reload(1);
  EXPECT_EQ(one.shards.leases().Usable(1), nullptr);
  EXPECT_THAT(one.user.has, ElementsAre(0, 2, 3));
  store.LoadAll();
  one.Run();
  EXPECT_THAT(one.user.has, SizeIs(kShards));
  EXPECT_EQ(one.shards.leases().Usable(1)->token, token);
}

TEST_F(ShardsTest, ShardsAreGivenBackOnceTheRelayIsIdleOrPatienceEnds) {
  one.Run();
  bool drained = false;
  one.shards.Drain(absl::Seconds(2), [&] { drained = true; });
  one.shards.Retire(/*relay_is_idle=*/false);
  one.Run();
  EXPECT_FALSE(drained);
  clock.elapsed += absl::Seconds(2);
  one.shards.Retire(/*relay_is_idle=*/false);
  one.Run();
  EXPECT_TRUE(drained);
  for (const auto& shard : database.shards) EXPECT_LE(shard.lease_until, clock.Now());
}

TEST_F(ShardsTest, ARenewalThatIsUnderWayEndsBeforeTheShardsAreGivenBack) {
  one.Run();
  bool drained = false;
  one.shards.Drain(absl::Seconds(2), [&] { drained = true; });
  clock.elapsed += kLease / 8;
  one.loop.Run({});  // a renewal is sent, and answered; the answer has not been heard
  one.shards.Retire(/*relay_is_idle=*/true);
  one.Run();
  EXPECT_FALSE(drained) << "that was the answer to a renewal";
  one.shards.Retire(/*relay_is_idle=*/true);
  one.Run();
  EXPECT_TRUE(drained);
  for (const auto& shard : database.shards) EXPECT_LE(shard.lease_until, clock.Now());
}

}  // namespace
}  // namespace ordersaga::orchestrator
