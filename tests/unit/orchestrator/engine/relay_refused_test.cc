// What the relay makes of a broker that refuses events: is it the broker, or the event?
#include <algorithm>
#include <string>

#include "platform/runtime/log.h"
#include "tests/unit/orchestrator/engine/relay_fixture.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RelayRefusedTest : public RelayTest {
 protected:
  // So long, with an event of order 1 every five seconds, each on another connection if `moving`.
  void Pass(absl::Duration time, bool moving = true) {
    for (absl::Duration passed; passed < time; passed += absl::Seconds(5)) {
      if (moving) ++broker.connection;
      Commit({1});
      Later(absl::Seconds(5));
    }
  }
  void RefuseAll() {
    broker.verdict = [](const OutboxEvent&) { return PublishResult::kRefused; };
  }
  void RefuseKey(const std::string& key) {
    broker.verdict = [key](const OutboxEvent& event) {
      return event.routing_key == key ? PublishResult::kRefused : PublishResult::kConfirmed;
    };
  }
};

TEST_F(RelayRefusedTest, ARefusalThatPassesLeavesNothingBehind) {
  int refusals = 10;
  broker.verdict = [&](const OutboxEvent&) {
    return refusals-- > 0 ? PublishResult::kRefused : PublishResult::kConfirmed;
  };
  Commit({0, 0});
  for (int i = 0; i < 60; ++i) Later(absl::Seconds(1));
  EXPECT_THAT(Seen(0), ElementsAre(1, 2));
  EXPECT_THAT(database.held, IsEmpty());
}

TEST_F(RelayRefusedTest, AnEventIsHeldAfterMinutesInWhichOthersWentOut) {
  Against(0, PublishResult::kRefused);
  Commit({0, 1, 0});
  Settle();
  EXPECT_THAT(Seen(1), ElementsAre(1)) << "the others do not wait";
  Pass(options.patience - absl::Seconds(10));
  EXPECT_THAT(database.held, IsEmpty());
  EXPECT_EQ(relayed(), 0) << "it stays in its stream";
  Pass(absl::Seconds(20));
  EXPECT_THAT(database.held, SizeIs(2)) << "with its order's next";
  EXPECT_THAT(Seen(1), SizeIs(39));
  Welcome();
  Later(options.retry + absl::Seconds(1));
  EXPECT_THAT(Seen(0), ElementsAre(1, 2));
}

TEST_F(RelayRefusedTest, OnOneConnectionAloneNothingIsHeld) {
  Against(0, PublishResult::kRefused);
  Commit({0});
  Settle();
  Pass(3 * options.patience, /*moving=*/false);
  EXPECT_THAT(database.held, IsEmpty());
}

TEST_F(RelayRefusedTest, WhenAllAreRefusedItIsTheBrokerAndNothingIsHeld) {
  options.window = 8;
  Restart();
  Commit({0});
  Settle();
  RefuseAll();
  Commit({0, 2, 3});
  Pass(3 * options.patience);
  EXPECT_THAT(database.held, IsEmpty());
  EXPECT_LE(broker.most_open, 8u);
  Welcome();
  for (int i = 0; i < 5; ++i) Later(absl::Seconds(5));
  EXPECT_THAT(Seen(0), ElementsAre(1, 2));
  EXPECT_THAT(Seen(1), SizeIs(108));
  EXPECT_THAT(database.held, IsEmpty());
}

TEST_F(RelayRefusedTest, ARefusalUnderWayWhenTheBrokerComesToItsSensesProvesNothing) {
  RefuseAll();
  Commit({0, 2});
  Pass(3 * options.patience);
  int left = 1;
  broker.verdict = [&](const OutboxEvent& event) {
    return event.order_id == Order(0) && left-- > 0 ? PublishResult::kRefused : PublishResult::kConfirmed;
  };
  Later(absl::Seconds(5));
  EXPECT_THAT(database.held, IsEmpty());
  Later(absl::Seconds(5));
  EXPECT_THAT(Seen(0), ElementsAre(1));
}

TEST_F(RelayRefusedTest, OnceAKeyIsKnownToBeRefusedItsEventsDoNotFillTheWindow) {
  options.window = 8;
  Restart();
  RefuseKey("order.completed");
  routing_key = "order.completed";
  Commit({0});
  routing_key = "order.created";
  Pass(options.patience + absl::Seconds(10));
  ASSERT_THAT(database.held, SizeIs(1));
  for (int order = 10; order < 30; ++order) {
    routing_key = "order.completed";
    Commit({order});
    routing_key = "order.created";
    Commit({1});
    Settle();
  }
  EXPECT_THAT(database.held, SizeIs(21));
  EXPECT_EQ(relayed(), database.shards[kShard].next_position - 1);
  Welcome();
  Later(options.retry + absl::Seconds(1));
  EXPECT_THAT(database.held, IsEmpty());
  RefuseKey("order.completed");
  routing_key = "order.completed";
  Commit({50});
  Later(absl::Seconds(10));
  EXPECT_THAT(database.held, IsEmpty()) << "it was taken in between, so there is patience again";
}

TEST_F(RelayRefusedTest, OneWarningASecondSaysHowMany) {
  ASSERT_TRUE(InitLogging({.service = "test", .level = "warn"}).ok());
  RefuseAll();
  for (int order = 0; order < 100; ++order) Commit({order});
  ::testing::internal::CaptureStdout();
  for (int i = 0; i < 20; ++i) Later(absl::Milliseconds(100));
  const std::string log = ::testing::internal::GetCapturedStdout();
  ASSERT_TRUE(InitLogging({.service = "test", .level = "error"}).ok());
  EXPECT_LE(std::count(log.begin(), log.end(), '\n'), 3) << log;
  EXPECT_THAT(log, HasSubstr("the broker refuses events"));
  EXPECT_THAT(log, HasSubstr("refusals=1"));
}

}  // namespace
}  // namespace ordersaga::orchestrator
