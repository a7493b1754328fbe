// Every rule is broken by hand once, on facts that are clean otherwise: endings, money, stock, effects.
#include "orchestrator/audit/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/audit/keys.h"
#include "tests/unit/orchestrator/audit/orders.h"

namespace ordersaga::audit {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Judge, CleanOrders) {
  EXPECT_THAT(RulesBroken(Completed()), IsEmpty());
  EXPECT_THAT(RulesBroken(OutOfStock()), IsEmpty());
  EXPECT_THAT(RulesBroken(Paying()), IsEmpty());
}

TEST(Judge, OrdersAnEndingThatIsNotTheStatus) {
  OrderFacts order = Completed();
  order.saga->ending = Ending(Ending::kRejected, kPayment);
  EXPECT_THAT(RulesBroken(order), testing::Contains(Rule::kOrders));
  order = Completed();
  order.saga->phase = Phase::kForward;
  order.saga->steps[kPayment] = StepState::kRunning;
  order.saga->progress.step = "payment";
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kOrders));
  order = Completed();
  order.saga->steps[kInventory] = StepState::kRunning;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kOrders));
  order = Completed();
  order.saga->unreadable = "no such phase";
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kOrders));
}

TEST(Judge, MoneyOfACompletedOrder) {
  OrderFacts order = Completed();
  order.charges.clear();
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kMoney));
  order = Completed();
  order.charges[0].charged = 9999;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kMoney));
  order = Completed();
  order.charges[0].refunded = order.charges[0].counted = 100;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kMoney));
  order.charges[0].by_hand = 100;  // given back by a person, outside the saga
  EXPECT_THAT(RulesBroken(order), IsEmpty());
  Verdict verdict;
  Judge(Known(), order, verdict);
  ASSERT_EQ(verdict.foreign.size(), 1U);
  EXPECT_EQ(verdict.foreign[0].what, "1.00 USD given back in part");
  order = Completed();
  order.charges[0].asked.currency = "EUR";
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kMoney));
}

TEST(Judge, MoneyThatIsMissingIsNamed) {
  OrderFacts order = Completed();
  order.charges[0].state = EffectState::kReversed;
  order.charges[0].refunded = order.charges[0].counted = 10000;
  Verdict verdict;
  Judge(Known(), order, verdict);
  ASSERT_EQ(verdict.violations.size(), 2U);
  EXPECT_EQ(verdict.violations[0].what, "COMPLETED, and its charge is reversed");
  EXPECT_EQ(verdict.violations[1].what,
            "COMPLETED, and 100.00 USD of 100.00 USD is missing: 100.00 USD taken, 100.00 USD "
            "given back");
}

TEST(Judge, TheLedgerByItsRowsAndNotByItsCount) {
  OrderFacts order = OutOfStock();
  order.charges[0].refunded = 0;  // its row is gone, and the count is as it was
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kMoney));
  order = OutOfStock();
  order.charges[0].counted = 0;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kMoney));
  order = Completed();
  order.charges[0].currency = "EUR";
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kMoney));
  order = Completed();
  order.charges[0].user_email = "eve@example.com";
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kOrders));
  order = Completed();
  order.charges[0].unreadable = "the stored request";
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kMoney));
  order = Completed();
  order.saga->lines_minor = 9999;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kMoney));
}

TEST(Judge, MoneyOfACancelledOrder) {
  OrderFacts order = OutOfStock();
  order.charges[0].refunded = order.charges[0].counted = 5000;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kMoney));
  order.charges[0].refunded = order.charges[0].counted = 20000;  // twice
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kMoney));
  order = OutOfStock();
  order.saga->refunded = 9000;
  EXPECT_THAT(RulesBroken(order), testing::Contains(Rule::kMoney));
  order = OutOfStock();
  order.charges.clear();
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kMoney));
}

TEST(Judge, StockOfAnOrder) {
  OrderFacts order = Completed();
  order.reservations.clear();
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kStock));
  order = Completed();
  order.reservations[0].lines[0].quantity = 1;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kStock));
  order = OutOfStock();
  order.reservations[0].state = EffectState::kApplied;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kStock));
}

TEST(Judge, EffectsThatNobodyAskedFor) {
  OrderFacts order = Completed();
  order.saga.reset();
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEffects));
  order = Completed();
  order.charges[0].key = std::string(kOther) + "/payment/action";
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEffects, Rule::kMoney));
  order = Paying();
  order.saga->phase = Phase::kWaiting;
  order.saga->deadline_at.reset();
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEffects));
  order = Paying();
  order.reservations = Completed().reservations;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEffects));
}

TEST(Judge, EffectsThatAreUndoneWithoutNeed) {
  OrderFacts order = Completed();
  order.charges[0].state = EffectState::kReversed;
  order.charges[0].refunded = order.charges[0].counted = 10000;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEffects, Rule::kMoney));
  order = Completed();
  order.reservations[0].state = EffectState::kReversed;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEffects));
  order = Paying();
  order.charges[0].state = EffectState::kVoided;
  order.charges[0].charged = 0;
  order.charges[0].currency = "";
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEffects));
}

TEST(Judge, CancelledBeforeItsUndoIsConfirmed) {
  OrderFacts order = OutOfStock();
  order.charges[0].state = EffectState::kReversing;
  order.charges[0].refunded = order.charges[0].counted = 0;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEffects, Rule::kMoney));
  order = OutOfStock();
  order.saga->steps[kPayment] = StepState::kCompensating;
  EXPECT_THAT(RulesBroken(order), testing::Contains(Rule::kEffects));
}

TEST(Judge, TheStepsOfACancelledOrderAndItsEffects) {
  OrderFacts order = OutOfStock();
  order.reservations.clear();
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kStock));
  order = OutOfStock();
  order.reservations[0].state = EffectState::kReversed;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kStock));
}

TEST(Judge, ATombstoneIsPurgedADayAfterItsTime) {
  OrderFacts order = Completed();
  order.saga->status = Status::kCancelled;
  order.saga->ending = Ending::kCancelledByCustomer;
  order.saga->steps[kPayment] = StepState::kVoid;
  order.saga->steps[kInventory] = StepState::kWaiting;
  order.notices[0].kind = NoticeKind::kCancelled;
  Tell(order, {"order.created", "order.cancelled"});
  order.charges.clear();
  order.reservations.clear();
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kMoney));
  order.saga->progress.read_at = kNow + absl::Hours(25);
  EXPECT_THAT(RulesBroken(order), IsEmpty());
}

TEST(Judge, ForeignEffectsAreListed) {
  OrderFacts order = Completed();
  order.charges.push_back(order.charges[0]);
  order.charges[1].key = "by-hand-1/payment/action";
  Verdict verdict;
  Judge(Known(), order, verdict);
  EXPECT_THAT(verdict.violations, IsEmpty());
  ASSERT_EQ(verdict.foreign.size(), 1U);
  EXPECT_EQ(verdict.foreign[0].key, "by-hand-1/payment/action");
}

TEST(Judge, AForeignEffectThatNeverEnds) {
  OrderFacts order = Completed();
  order.charges.push_back(order.charges[0]);
  order.charges[1].key = "by-hand-1/payment/action";
  order.charges[1].state = EffectState::kReversing;
  order.charges[1].under_way = absl::Minutes(59);
  EXPECT_THAT(RulesBroken(order), IsEmpty());
  order.charges[1].under_way = absl::Minutes(61);
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEffects));
  Verdict verdict;
  Judge(Known(), order, verdict);
  EXPECT_THAT(verdict.violations[0].what,
              testing::HasSubstr("by-hand-1/payment/action is being reversed for 1h1m already"));
  order = Completed();
  order.notices.push_back(order.notices[0]);
  order.notices[1].key = "by-hand-1";
  order.notices[1].under_way = absl::Hours(2);
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEffects));
}

TEST(Keys, TheSagaForm) {
  const std::string id = kId;
  EXPECT_EQ(SagaOf(id + "/payment/action", "payment"), id);
  EXPECT_EQ(SagaOf(id + "/payment/action", "inventory"), "");
  EXPECT_EQ(SagaOf(id + "/payment/compensation", "payment"), "");
  EXPECT_EQ(SagaOf("x" + id + "/payment/action", "payment"), "");
  EXPECT_FALSE(IsOrderId("01900000-0000-7003-8000-00000000000A"));
}

}  // namespace
}  // namespace ordersaga::audit
