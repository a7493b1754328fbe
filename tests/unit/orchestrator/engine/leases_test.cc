// Who is alive and which shards are free, whatever the database's clock says.
#include "orchestrator/engine/leases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ordersaga::orchestrator {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// Replica "a", which watches "b": both have renewed all along, and own two shards each.
class SilenceTest : public ::testing::Test {
 protected:
  static constexpr absl::Duration kLease = absl::Seconds(5);
  static constexpr int kShards = 4;

  SilenceTest() { leases.SetCount(kShards); }
  // One lease reply of "a" a second later, by both clocks; `jump`: what the database's clock has leapt by.
  void Second(bool b_renews, absl::Duration jump = absl::ZeroDuration()) {
    elapsed += absl::Seconds(1);
    const absl::Time now = absl::FromUnixSeconds(1'700'000'000) + elapsed + jump;
    if (b_renews) b_until = now + kLease;
    LeaseReply reply;
    reply.now = now;
    reply.replicas = {{"a", now + kLease}, {"b", b_until}};
    for (int shard = 0; shard < kShards; ++shard) {
      const bool mine = shard < 2;
      reply.owners.push_back({shard, mine ? "a" : "b", "", mine ? now + kLease : b_until});
      if (mine && leases.Owns(shard, 1)) reply.renewed.push_back({shard, 1});
      if (mine && !leases.Owns(shard, 1)) reply.taken.push_back({shard, 1});
    }
    leases.Apply(reply, elapsed, elapsed);
    until_free = leases.UntilFree(reply, elapsed);
  }
  LeaseRequest Request() { return leases.MakeRequest(elapsed); }

  Leases leases{"a", "a:1", kLease};
  absl::Duration elapsed;
  absl::Time b_until;
  absl::Duration until_free;
};

TEST_F(SilenceTest, WhoRenewsIsLeftAloneThroughALeapOfTheDatabasesClock) {
  for (const absl::Duration leap : {absl::Hours(1), -absl::Hours(1)}) {
    for (int i = 0; i < 3; ++i) Second(true);
    for (int i = 0; i < 20; ++i) {
      // "b" is a moment late: by a clock that has leapt ahead its term has long ended.
      Second(i > 0, leap);
      EXPECT_EQ(Request().take, 0) << "its share is its share";
      EXPECT_THAT(Request().silent, IsEmpty());
    }
  }
}

TEST_F(SilenceTest, WhoFallsSilentIsSucceededAfterALeaseThoughTheClockHasGoneBack) {
  for (int i = 0; i < 3; ++i) Second(true);
  const absl::Duration died = elapsed;
  while (Request().take == 0 || Request().silent.empty()) {
    Second(false, -absl::Hours(1));
    ASSERT_LT(elapsed - died, 2 * kLease) << "one lease more at most";
  }
  EXPECT_EQ(Request().take, 2);
  EXPECT_THAT(Request().silent, SizeIs(2));
  EXPECT_LE(until_free, absl::Seconds(1)) << "and is not waited for";
}

// The shares of all replicas make up all shards: rounding up would leave nothing to the last of many.
TEST(LeasesTest, EveryReplicaGetsAShareAndTheSharesDifferByOneAtMost) {
  for (int replicas = 1; replicas <= 16; ++replicas) {
    int all = 0;
    for (int rank = 0; rank < replicas; ++rank) {
      const auto name = [](int number) { return std::string(1, static_cast<char>('a' + number)); };
      Leases leases(name(rank), "a", absl::Seconds(5));
      leases.SetCount(16);
      LeaseReply reply;
      for (int i = 0; i < replicas; ++i) reply.replicas.push_back({name(i), reply.now});
      leases.Apply(reply, absl::ZeroDuration(), absl::ZeroDuration());
      const int share = leases.MakeRequest(absl::ZeroDuration()).take;
      EXPECT_GE(share, 16 / replicas);
      EXPECT_LE(share, 16 / replicas + 1);
      all += share;
    }
    EXPECT_EQ(all, 16) << replicas << " replicas";
  }
}

}  // namespace
}  // namespace ordersaga::orchestrator
