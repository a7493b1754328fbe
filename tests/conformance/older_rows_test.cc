// Rows as an earlier version wrote them are understood.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/conformance/owner.h"
#include "tests/conformance/pg_world.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::SizeIs;

TEST(OlderRowsTest, AnOrderWithoutATraceIsWholeAndItsEventsHaveNone) {
  PgWorld world;
  Owner owner(world, "a");
  owner.Take(kShards);
  const SagaWrite write = Placed(0, "old");
  ASSERT_TRUE(std::holds_alternative<Committed>(owner.Commit({write})));
  world.ForgetTrace(write.saga.id());

  const Saga read = owner.ReadOne(write.saga.id());
  Order without = *write.saga.order;
  without.traceparent.clear();
  EXPECT_EQ(*read.order, without);
  ASSERT_THAT(owner.Events(0), SizeIs(1));
  EXPECT_EQ(owner.Events(0)[0].traceparent, "");
  EXPECT_TRUE(std::holds_alternative<Committed>(owner.Commit({AfterApplied(read)})));
}

}  // namespace
}  // namespace ordersaga::orchestrator
