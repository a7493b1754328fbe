// The same for what is told, to subscribers and to customers, and for sagas that are still open.
#include "orchestrator/audit/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/orchestrator/audit/orders.h"

namespace ordersaga::audit {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

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

TEST(Judge, EventsThatSaySomethingElse) {
  OrderFacts order = Completed();
  order.saga->events[1].contradiction = "amount is not 100.00";
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEvents));
}

TEST(Judge, WhatComesBackWasToldToHaveBeenTaken) {
  OrderFacts order = OutOfStock();
  order.saga->ending = Ending::kCancelledByCustomer;
  order.saga->steps[kInventory] = StepState::kWaiting;
  order.reservations.clear();
  order.notices[0].kind = NoticeKind::kCancelled;
  Tell(order, {"order.created", "payment.successful", "payment.refunded", "order.cancelled"});
  EXPECT_THAT(RulesBroken(order), IsEmpty());
  Tell(order, {"order.created", "payment.refunded", "order.cancelled"});
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEvents));
  order.saga->ending = Ending(Ending::kUnknown, kPayment);
  order.notices[0].kind = NoticeKind::kRefunded;
  Tell(order, {"order.created", "payment.failed", "payment.refunded", "order.cancelled"});
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kEvents));
}

TEST(Judge, NoticesOfAnEnding) {
  const auto broken = [](auto change) {
    OrderFacts order = Completed();
    change(order.notices);
    return RulesBroken(order);
  };
  EXPECT_THAT(broken([](auto& notices) { notices.clear(); }), ElementsAre(Rule::kNotices));
  EXPECT_THAT(broken([](auto& n) { n[0].state = EffectState::kInProgress; }), ElementsAre(Rule::kNotices));
  EXPECT_THAT(broken([](auto& n) { n[0].kind = NoticeKind::kRefunded; }), ElementsAre(Rule::kNotices));
  EXPECT_THAT(broken([](auto& n) { n[0].user_email = "eve@example.com"; }), ElementsAre(Rule::kNotices));
  EXPECT_THAT(broken([](auto& n) { n[0].lines[0].quantity = 3; }), ElementsAre(Rule::kNotices));
  EXPECT_THAT(broken([](auto& n) { n[0].total.minor = 1; }), ElementsAre(Rule::kNotices));
  EXPECT_THAT(broken([](auto& n) { n[0].unreadable = "?"; }), ElementsAre(Rule::kNotices));
  OrderFacts order = Completed();
  order.saga->phase = Phase::kNotifying;  // it may be on its way
  order.saga->steps[kNotification] = StepState::kRunning;
  order.saga->progress.step = "notification";
  order.notices.clear();
  EXPECT_THAT(RulesBroken(order), IsEmpty());
  order = Paying();
  order.notices = Completed().notices;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kNotices));
}

TEST(Judge, TheWholeJournal) {
  OrderFacts order = Completed();
  order.saga->journal_entries = 3;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kOrders));
  order = Completed();
  order.saga->journal_strays = true;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kOrders));
}

TEST(Judge, AnOpenSagaThatNobodyWillLookAt) {
  OrderFacts order = Paying();
  order.saga->steps[kPayment] = StepState::kApplied;
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kOrders));
  order.saga->progress.parked = "COMPENSATION_EXHAUSTED";  // a person will
  EXPECT_THAT(RulesBroken(order), IsEmpty());
  order = Paying();
  order.saga->deadline_at.reset();
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kOrders));
  order = Completed();
  order.saga->phase = Phase::kNotifying;
  order.saga->progress.step = "notification";  // and has been told already
  EXPECT_THAT(RulesBroken(order), ElementsAre(Rule::kOrders));
}

// Whether it is one that should have moved, and whether it may have moved a little.
std::vector<std::optional<std::int64_t>> Standing(const OrderFacts& order) {
  Verdict verdict;
  Judge(Known(), order, verdict);
  EXPECT_THAT(verdict.violations, IsEmpty());
  std::vector<std::optional<std::int64_t>> versions;
  for (const audit::Standing& standing : verdict.standing) versions.push_back(standing.version);
  return versions;
}

TEST(Judge, AnOpenSagaThatStandsStill) {
  OrderFacts order = Paying();
  order.saga->progress.updated_at = kNow - absl::Seconds(10);
  EXPECT_THAT(Standing(order), IsEmpty());
  order.saga->progress.updated_at = kNow - absl::Seconds(11);
  EXPECT_THAT(Standing(order), ElementsAre(4));
  order.saga->progress.due_at = kNow - absl::Seconds(9);
  EXPECT_THAT(Standing(order), IsEmpty());
  order.saga->progress.due_at = kNow - absl::Seconds(11);
  EXPECT_THAT(Standing(order), ElementsAre(4));
  order.saga->progress.due_at.reset();
  order.saga->progress.parked = "A_PERSON";
  EXPECT_THAT(Standing(order), IsEmpty());
}

TEST(Judge, AnOpenSagaPastItsDeadlineWhateverItDoes) {
  OrderFacts order = Paying();
  order.saga->deadline_at = kNow - absl::Seconds(11);
  EXPECT_THAT(Standing(order), ElementsAre(std::nullopt));
  order.saga->phase = Phase::kCompensating;
  order.saga->steps[kPayment] = StepState::kCompensating;
  EXPECT_THAT(Standing(order), IsEmpty());
}

}  // namespace
}  // namespace ordersaga::audit
