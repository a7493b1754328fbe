// The same idempotency key never makes two orders.
#include "tests/conformance/owner.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

Committed Kept(const CommitResult& result) {
  if (!std::holds_alternative<Committed>(result)) throw std::runtime_error("the turn was not committed");
  return std::get<Committed>(result);
}

TEST_P(StoreTest, AKeyTakenInAnEarlierTurnKeepsItsOrder) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  const SagaWrite first = Placed(0, "k");
  Kept(owner.Commit({first}));
  SagaWrite second = Placed(0, "k");
  second.create->fingerprint = "of another body";
  const SagaWrite other = Placed(0, "other");
  const Committed committed = Kept(owner.Commit({second, other}));
  ASSERT_THAT(committed.duplicates, SizeIs(1));
  EXPECT_EQ(committed.duplicates[0].requested, second.saga.id());
  EXPECT_EQ(committed.duplicates[0].existing, first.saga.id());
  EXPECT_EQ(committed.duplicates[0].status, Status::kPending);
  EXPECT_EQ(committed.duplicates[0].fingerprint, "fingerprint of k");
  EXPECT_THAT(committed.events, SizeIs(1)) << "of the other order";
  EXPECT_THAT(owner.Read({second.saga.id()}).sagas, IsEmpty());
  EXPECT_THAT(world().JournalOf(second.saga.id()), IsEmpty());
  EXPECT_THAT(owner.Read({first.saga.id(), other.saga.id()}).sagas, SizeIs(2));
}

TEST_P(StoreTest, AKeyTakenInTheSameTurnMakesOneOrder) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  const SagaWrite first = Placed(0, "k");
  const SagaWrite second = Placed(0, "k");
  const Committed committed = Kept(owner.Commit({first, second}));
  ASSERT_THAT(committed.duplicates, SizeIs(1));
  EXPECT_EQ(committed.duplicates[0].requested, second.saga.id());
  EXPECT_EQ(committed.duplicates[0].existing, first.saga.id());
  EXPECT_THAT(owner.Read({first.saga.id(), second.saga.id()}).sagas, SizeIs(1));
  EXPECT_THAT(owner.Events(0), SizeIs(1));
}

TEST_P(StoreTest, ADuplicateTellsHowTheOrderStands) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  const SagaWrite first = Placed(0, "k");
  Kept(owner.Commit({first}));
  Kept(owner.Commit({AfterRejected(first.saga)}));
  const Committed committed = Kept(owner.Commit({Placed(0, "k")}));
  ASSERT_THAT(committed.duplicates, SizeIs(1));
  EXPECT_EQ(committed.duplicates[0].status, Status::kCancelled);
}

TEST_P(StoreTest, AKeyCountsAmongItsClientsAndInItsShard) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  SagaWrite others = Placed(0, "k");
  auto order = std::make_shared<Order>(*others.saga.order);
  order->client = others.create->client = "another client";
  others.saga.order = order;
  const Committed committed = Kept(owner.Commit({Placed(0, "k"), others, Placed(1, "k")}));
  EXPECT_THAT(committed.duplicates, IsEmpty());
  EXPECT_THAT(committed.events, SizeIs(3));
}

TEST_P(StoreTest, ANewOwnerKnowsTheKeysOfTheOldOne) {
  Owner old_owner(world(), "old");
  old_owner.Take(kShards);
  const SagaWrite first = Placed(2, "k");
  Kept(old_owner.Commit({first}));
  world().Pass(kLease * 2);
  Owner new_owner(world(), "new");
  ASSERT_THAT(new_owner.Take(kShards), SizeIs(kShards));
  const Committed committed = Kept(new_owner.Commit({Placed(2, "k")}));
  ASSERT_THAT(committed.duplicates, SizeIs(1));
  EXPECT_EQ(committed.duplicates[0].existing, first.saga.id());
}

}  // namespace
}  // namespace ordersaga::orchestrator
