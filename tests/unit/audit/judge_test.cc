// Every rule is broken by hand once, on facts that are clean otherwise.
#include "orchestrator/audit/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/audit/keys.h"

namespace ordersaga::audit {
namespace {

using orchestrator::Ending;
using orchestrator::Phase;
using orchestrator::Status;
using orchestrator::StepState;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kId[] = "01900000-0000-7003-8000-000000000001";
constexpr char kOther[] = "01900000-0000-7003-8000-000000000002";

std::vector<Event> Story(const std::vector<std::string>& keys) {
  std::vector<Event> events;
  for (const std::string& key : keys) events.push_back({static_cast<std::int64_t>(events.size()) + 1, key});
  return events;
}

void Tell(OrderFacts& order, const std::vector<std::string>& keys) {
  order.saga->events = Story(keys);
  order.saga->event_sequence = static_cast<std::int64_t>(keys.size());
}

OrderFacts Completed() {
  OrderFacts order;
  order.id = kId;
  order.saga.emplace();
  order.saga->phase = Phase::kFinished;
  order.saga->status = Status::kCompleted;
  order.saga->ending = Ending::kCompleted;
  order.saga->total = {10000, "USD"};
  order.saga->lines = {{"product-001", 2}};
  order.saga->payment = order.saga->inventory = StepState::kApplied;
  Tell(order, {"order.created", "payment.successful", "inventory.successful", "order.completed"});
  Charge charge;
  charge.key = std::string(kId) + "/payment/action";
  charge.order_id = kId;
  charge.state = EffectState::kApplied;
  charge.asked = {10000, "USD"};
  charge.charged = 10000;
  order.charges = {charge};
  Reservation reservation;
  reservation.key = std::string(kId) + "/inventory/action";
  reservation.order_id = kId;
  reservation.lines = {{"product-001", 2}};
  order.reservations = {reservation};
  return order;
}

OrderFacts OutOfStock() {
  OrderFacts order = Completed();
  order.saga->status = Status::kCancelled;
  order.saga->ending = Ending::kInventoryRejected;
  order.saga->refunded = 10000;
  order.saga->payment = StepState::kCompensated;
  order.saga->inventory = StepState::kRejected;
  Tell(order, {"order.created", "payment.successful", "inventory.failed", "payment.refunded", "order.cancelled"});
  order.charges[0].state = EffectState::kReversed;
  order.charges[0].refunded = 10000;
  order.reservations[0].state = EffectState::kRejected;
  return order;
}

OrderFacts Paying() {
  OrderFacts order = Completed();
  order.saga->phase = Phase::kForward;
  order.saga->status = Status::kPending;
  order.saga->ending.reset();
  order.saga->payment = StepState::kRunning;
  order.saga->inventory = StepState::kWaiting;
  Tell(order, {"order.created"});
  order.reservations.clear();
  return order;
}

std::vector<Rule> RulesBroken(const OrderFacts& order) {
  Verdict verdict;
  Judge(order, verdict);
  std::vector<Rule> rules;
  for (const Violation& violation : verdict.violations) {
    if (rules.empty() || rules.back() != violation.rule) rules.push_back(violation.rule);
  }
  return rules;
}

TEST(Judge, CleanOrders) {
  EXPECT_THAT(RulesBroken(Completed()), IsEmpty());
  EXPECT_THAT(RulesBroken(OutOfStock()), IsEmpty());
  EXPECT_THAT(RulesBroken(Paying()), IsEmpty());
}

TEST(Judge, OrdersAnEndingThatIsNotTheStatus) {
  OrderFacts order = Completed();
  order.saga->ending = Ending::kPaymentRejected;
  EXPECT_THAT(RulesBroken(order), testing::Contains(Rule::kOrders));
  order = Completed();
  order.saga->phase = Phase::kForward;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kOrders));
  order = Completed();
  order.saga->inventory = StepState::kRunning;
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
  order.charges[0].refunded = 100;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kMoney));
  order.charges[0].by_hand = 100;  // given back by a person, outside the saga
  EXPECT_THAT(RulesBroken(order), IsEmpty());
  order = Completed();
  order.charges[0].asked.currency = "EUR";
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kMoney));
}

TEST(Judge, MoneyOfACancelledOrder) {
  OrderFacts order = OutOfStock();
  order.charges[0].refunded = 5000;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kMoney));
  order.charges[0].refunded = 20000;  // twice
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
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEffects));
  order = Paying();
  order.reservations = Completed().reservations;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEffects));
}

TEST(Judge, EffectsThatAreUndoneWithoutNeed) {
  OrderFacts order = Completed();
  order.charges[0].state = EffectState::kReversed;
  order.charges[0].refunded = 10000;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEffects));
  order = Completed();
  order.reservations[0].state = EffectState::kReversed;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEffects));
  order = Paying();
  order.charges[0].state = EffectState::kVoided;
  order.charges[0].charged = 0;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEffects));
}

TEST(Judge, CancelledBeforeItsUndoIsConfirmed) {
  OrderFacts order = OutOfStock();
  order.charges[0].state = EffectState::kReversing;
  order.charges[0].refunded = 0;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEffects, Rule::kMoney));
  order = OutOfStock();
  order.saga->payment = StepState::kCompensating;
  EXPECT_THAT(RulesBroken(order), testing::Contains(Rule::kEffects));
}

TEST(Judge, EventsWithAHoleTooFewOrTellingSomethingElse) {
  OrderFacts order = Completed();
  order.saga->events.erase(order.saga->events.begin() + 1);
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEvents));
  order = Completed();
  order.saga->events.pop_back();
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEvents));
  order = Completed();
  order.saga->events[1].sequence = 1;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEvents));
  order = Completed();
  Tell(order, {"order.created", "payment.successful", "order.completed"});
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEvents));
  order = Paying();
  Tell(order, {"order.created", "payment.failed", "order.cancelled"});
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEvents));
  order.saga->events_kept = false;
  EXPECT_THAT(RulesBroken(order), IsEmpty());
}

TEST(Judge, EventsThatMayComeInBetween) {
  OrderFacts order = Completed();
  Tell(order, {"order.created", "saga.needs_attention", "payment.successful", "inventory.successful", "order.completed",
               "saga.needs_attention", "notification.sent"});
  EXPECT_THAT(RulesBroken(order), IsEmpty());
  Tell(order, {"order.created", "notification.sent", "payment.successful", "inventory.successful", "order.completed"});
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEvents));
}

TEST(Judge, ForeignEffectsAreListedAndAreNoViolation) {
  OrderFacts order = Completed();
  order.charges.push_back(order.charges[0]);
  order.charges[1].key = "by-hand-1/payment/action";
  Verdict verdict;
  Judge(order, verdict);
  EXPECT_THAT(verdict.violations, IsEmpty());
  ASSERT_EQ(verdict.foreign.size(), 1U);
  EXPECT_EQ(verdict.foreign[0].key, "by-hand-1/payment/action");
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
