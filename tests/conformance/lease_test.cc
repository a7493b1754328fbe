// Leases: who owns which shard, by the database's clock.
#include "tests/conformance/owner.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Of those whose term has not ended by the database's clock.
std::vector<std::string> Alive(const LeaseReply& reply) {
  std::vector<std::string> owners;
  for (const ReplicaTerm& replica : reply.replicas) {
    if (replica.seen_until >= reply.now) owners.push_back(replica.owner);
  }
  return owners;
}

TEST_P(StoreTest, TakingRaisesTheToken) {
  Owner owner(world(), "a");
  LeaseRequest request = owner.Request();
  request.take = 3;
  const LeaseReply reply = owner.Lease(request);
  ASSERT_THAT(reply.taken, SizeIs(3));
  for (const ShardLease& lease : reply.taken) {
    EXPECT_EQ(lease.token, 1);
    EXPECT_EQ(owner.Rows({lease.shard})[0].token, 1);
  }
  EXPECT_THAT(Alive(reply), ElementsAre("a"));
  ASSERT_THAT(reply.owners, SizeIs(kShards));
  int owned = 0;
  for (int shard = 0; shard < kShards; ++shard) {
    const ShardOwner& row = reply.owners[static_cast<std::size_t>(shard)];
    EXPECT_EQ(row.shard, shard);
    if (row.owner.empty()) continue;
    ++owned;
    EXPECT_EQ(row.owner, "a");
    EXPECT_EQ(row.address, "a:50050");
    EXPECT_GT(row.lease_until, reply.now);
    EXPECT_LE(row.lease_until, reply.now + kLease);
  }
  EXPECT_EQ(owned, 3);
}

TEST_P(StoreTest, RepliesTellTheReplicasInOrderOfOwner) {
  Owner first(world(), "a");
  Owner second(world(), "B");  // before "a", byte by byte
  first.Lease(first.Request());
  EXPECT_THAT(Alive(second.Lease(second.Request())), ElementsAre("B", "a"));
  world().Pass(kLease * 0.75);
  first.Lease(first.Request());
  world().Pass(kLease * 0.75);
  EXPECT_THAT(Alive(first.Lease(first.Request())), ElementsAre("a"));
}

TEST_P(StoreTest, AHeldShardIsNotTaken) {
  Owner first(world(), "a");
  Owner second(world(), "b");
  ASSERT_THAT(first.Take(3), SizeIs(3));
  EXPECT_THAT(second.Take(kShards), SizeIs(1));
  EXPECT_THAT(first.Take(kShards), IsEmpty()) << "not even by its owner";
}

TEST_P(StoreTest, ARenewedLeaseGoesOn) {
  Owner first(world(), "a");
  Owner second(world(), "b");
  const std::vector<ShardLease> held = first.Take(kShards);
  LeaseRequest renewal = first.Request();
  renewal.renew = held;
  for (int i = 0; i < 3; ++i) {
    world().Pass(kLease * 0.75);
    EXPECT_THAT(first.Lease(renewal).renewed, ::testing::UnorderedElementsAreArray(held));
    EXPECT_THAT(second.Take(kShards), IsEmpty());
  }
}

TEST_P(StoreTest, ALeaseThatHasRunOutIsTakenAndCannotBeRenewed) {
  Owner first(world(), "a");
  Owner second(world(), "b");
  const std::vector<ShardLease> held = first.Take(kShards);
  world().Pass(kLease * 0.75);
  EXPECT_THAT(second.Take(kShards), IsEmpty());
  world().Pass(kLease * 0.75);
  const std::vector<ShardLease> taken = second.Take(2);
  ASSERT_THAT(taken, SizeIs(2));
  for (const ShardLease& lease : taken) EXPECT_EQ(lease.token, 2);
  LeaseRequest renewal = first.Request();
  renewal.renew = held;
  const std::vector<ShardLease> renewed = first.Lease(renewal).renewed;
  EXPECT_THAT(renewed, SizeIs(2)) << "what nobody took is still ours";
  for (const ShardLease& lease : renewed) {
    for (const ShardLease& lost : taken) EXPECT_NE(lease.shard, lost.shard);
  }
}

TEST_P(StoreTest, AReleasedShardIsFreeAtOnce) {
  Owner first(world(), "a");
  Owner second(world(), "b");
  const std::vector<ShardLease> held = first.Take(kShards);
  LeaseRequest request = first.Request();
  request.renew = {held[0], held[1], held[2]};
  request.release = {held[3].shard};
  EXPECT_THAT(first.Lease(request).renewed, SizeIs(3));
  world().Pass(absl::Milliseconds(1));
  EXPECT_THAT(second.Take(kShards), ElementsAre(ShardLease{held[3].shard, held[3].token + 1}));
}

TEST_P(StoreTest, OnlyItsOwnerReleasesAShard) {
  Owner first(world(), "a");
  Owner second(world(), "b");
  first.Take(kShards);
  LeaseRequest request = second.Request();
  request.release = {0, 1};
  second.Lease(request);
  world().Pass(absl::Milliseconds(1));
  EXPECT_THAT(second.Take(kShards), IsEmpty());
}

// The database's clock has gone back: no term seems to end. Who watches can tell which are not renewed.
TEST_P(StoreTest, ASilentTermIsTakenAndOneRenewedMeanwhileIsNot) {
  Owner first(world(), "a");
  Owner second(world(), "b");
  const std::vector<ShardLease> held = first.Take(kShards);
  LeaseRequest request = second.Request();
  request.take = kShards;
  for (const ShardOwner& owner : second.Lease(second.Request()).owners) {
    // The first one's term was renewed since it was seen.
    const absl::Duration renewed = absl::Milliseconds(owner.shard == held[0].shard ? 1 : 0);
    request.silent.push_back({owner.shard, owner.lease_until - renewed});
  }
  EXPECT_THAT(second.Lease(request).taken, SizeIs(kShards - 1));
  LeaseRequest renewal = first.Request();
  renewal.renew = held;
  EXPECT_THAT(first.Lease(renewal).renewed, ElementsAre(held[0]));
}

TEST_P(StoreTest, ReplicasAreCountedWhileTheyAsk) {
  Owner first(world(), "a");
  Owner second(world(), "b");
  EXPECT_THAT(Alive(first.Lease(first.Request())), SizeIs(1));
  EXPECT_THAT(Alive(second.Lease(second.Request())), SizeIs(2));
  EXPECT_THAT(Alive(first.Lease(first.Request())), SizeIs(2));
  LeaseRequest farewell = second.Request();
  farewell.leaving = true;
  EXPECT_THAT(Alive(second.Lease(farewell)), SizeIs(1));
  EXPECT_THAT(Alive(second.Lease(second.Request())), SizeIs(2));
  world().Pass(kLease * 2);
  EXPECT_THAT(Alive(first.Lease(first.Request())), SizeIs(1)) << "the other has fallen silent";
}

}  // namespace
}  // namespace ordersaga::orchestrator
