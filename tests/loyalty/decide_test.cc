// The fourth step in core: it runs, it is undone on the way back, it ends orders, and its events are told.
#include "orchestrator/core/endings.h"
#include "tests/loyalty/order_saga.h"
#include "tests/unit/orchestrator/core/saga_builder.h"

namespace ordersaga::loyalty {
namespace {

using orchestrator::Applied;
using orchestrator::AsksFor;
using orchestrator::AsksToUndo;
using orchestrator::Ending;
using orchestrator::NoticeKind;
using orchestrator::OutcomeUnknown;
using orchestrator::Rejected;
using orchestrator::Status;
using orchestrator::Story;
using orchestrator::Undone;
using ::testing::ElementsAre;

Story Order() {
  return Story(SagaWithLoyalty({}));
}

Undone MoneyBack() {
  return {.undone = true, .amount = Money{10000, "USD"}, .evidence = "rf-1"};
}

TEST(LoyaltyTest, TheDefinitionIsSoundBesideTheFirst) {
  EXPECT_TRUE(Check(SagasWithLoyalty({})).ok());
  EXPECT_THAT(SagasWithLoyalty({}).participants(), ElementsAre("payment", "inventory", "notification", "loyalty"));
  EXPECT_EQ(SagasWithLoyalty({}).ExchangeOf("loyalty.granted"), "loyalty");
}

TEST(LoyaltyTest, PointsAreGrantedAfterThePayment) {
  Story story = Order();
  story.Action(Applied{"ch-1"});
  EXPECT_THAT(story.calls(), ElementsAre(AsksFor("loyalty", 1)));
  story.Action(Applied{"gr-1"});
  EXPECT_THAT(story.calls(), ElementsAre(AsksFor("inventory", 1)));
  story.Action(Applied{"rs-1"}).Action(Applied{"msg-1"});
  EXPECT_TRUE(story.saga().finished());
  EXPECT_EQ(story.saga().status, Status::kCompleted);
  EXPECT_THAT(story.events(), ElementsAre("order.created", "payment.successful", "loyalty.granted",
                                          "inventory.successful", "order.completed"));
}

TEST(LoyaltyTest, AnOrderThatFailsLaterTakesThePointsBackAndThenTheMoney) {
  Story story = Order();
  story.Action(Applied{"ch-1"}).Action(Applied{"gr-1"}).Action(Rejected{"OUT_OF_STOCK", "not enough"});
  EXPECT_THAT(story.calls(), ElementsAre(AsksToUndo("loyalty", 1)));
  story.Compensation(Undone{.undone = true, .amount = std::nullopt, .evidence = "rt-1"});
  EXPECT_EQ(story.saga().refunded.minor, 0) << "points are no money";
  EXPECT_THAT(story.calls(), ElementsAre(AsksToUndo("payment", 1)));
  story.Compensation(MoneyBack());
  EXPECT_EQ(story.saga().refunded.minor, 10000);
  EXPECT_EQ(story.saga().status, Status::kCancelled);
  EXPECT_THAT(story.events(), ElementsAre("order.created", "payment.successful", "loyalty.granted", "inventory.failed",
                                          "loyalty.returned", "payment.refunded", "order.cancelled"));
}

TEST(LoyaltyTest, ARefusalEndsTheOrder) {
  Story story = Order();
  story.Action(Applied{"ch-1"}).Action(Rejected{"ACCOUNT_FULL", "a million points are enough"});
  story.Compensation(MoneyBack());
  EXPECT_EQ(NameOf(*story.saga().ending, story.saga().steps), "loyalty_rejected");
  EXPECT_EQ(NoticeFor(story.definition(), *story.saga().ending, story.saga().refunded), NoticeKind::kRefunded);
  EXPECT_THAT(story.events(), ElementsAre("order.created", "payment.successful", "loyalty.refused", "payment.refunded",
                                          "order.cancelled"));
}

Story NobodyAnswered() {
  Story story = Order();
  story.Action(Applied{"ch-1"}).Action(OutcomeUnknown{"INVALID_ARGUMENT", false, std::nullopt});
  EXPECT_EQ(NameOf(*story.saga().ending, story.saga().steps), "loyalty_unknown");
  EXPECT_EQ(story.saga().reason, "LOYALTY_UNKNOWN");
  EXPECT_THAT(story.calls(), ElementsAre(AsksToUndo("loyalty", 1)));
  return story;
}

TEST(LoyaltyTest, WhetherASilentGrantHappenedIsToldWhenItsUndoingHasFoundOut) {
  Story granted = NobodyAnswered();
  granted.Compensation(Undone{.undone = true, .amount = std::nullopt, .evidence = ""}).Compensation(MoneyBack());
  EXPECT_THAT(granted.events(), ElementsAre("order.created", "payment.successful", "loyalty.granted",
                                            "loyalty.returned", "payment.refunded", "order.cancelled"));
  Story nothing = NobodyAnswered();
  nothing.Compensation(Undone{}).Compensation(MoneyBack());
  EXPECT_THAT(nothing.events(), ElementsAre("order.created", "payment.successful", "loyalty.refused",
                                            "payment.refunded", "order.cancelled"));
}

}  // namespace
}  // namespace ordersaga::loyalty
