// A stored saga that cannot be understood is named and left alone; the others go on.
#include "tests/conformance/owner.h"
#include "tests/conformance/pg_world.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(UnreadableTest, IsNamedAndCanBeParked) {
  PgWorld world;
  Owner owner(world, "a");
  owner.Take(kShards);
  const SagaWrite sound = Placed(0, "sound", false);
  const SagaWrite spoiled = Placed(0, "spoiled", false);
  ASSERT_TRUE(std::holds_alternative<Committed>(owner.Commit({sound, spoiled})));
  world.Spoil(spoiled.saga.id());

  const SagasRead read = owner.Read({sound.saga.id(), spoiled.saga.id()});
  EXPECT_THAT(read.sagas, SizeIs(1));
  EXPECT_THAT(read.unreadable, ElementsAre(spoiled.saga.id()));
  Answer<absl::StatusOr<SagasRead>> waiting;
  owner.sagas().ReadWaiting(0, 10, waiting.Taker());
  EXPECT_THAT(waiting.Get().value().unreadable, ElementsAre(spoiled.saga.id()));

  EXPECT_EQ(owner.Load(0).waiting, 2);
  ASSERT_TRUE(std::holds_alternative<Committed>(owner.Commit({}, {{spoiled.saga.id(), "UNREADABLE"}})));
  EXPECT_EQ(owner.Load(0).waiting, 1);
  EXPECT_EQ(owner.Load(0).parked, 1);
}

}  // namespace
}  // namespace ordersaga::orchestrator
