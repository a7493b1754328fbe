// Orders that are clean, for tests to break.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/audit/judge.h"
#include "orchestrator/core/order_saga.h"

namespace ordersaga::audit {
using orchestrator::Ending;
using orchestrator::Phase;
using orchestrator::Status;
using orchestrator::StepState;

inline constexpr char kId[] = "01900000-0000-7003-8000-000000000001";
inline const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
inline constexpr char kOther[] = "01900000-0000-7003-8000-000000000002";

// The steps of version 1.
enum Step : std::size_t { kPayment, kInventory, kNotification };

inline const orchestrator::Definitions& Known() {
  static const orchestrator::Definitions definitions = orchestrator::OrderSagas({.notification_events = true});
  return definitions;
}

inline std::vector<Event> Story(const std::vector<std::string>& keys) {
  std::vector<Event> events;
  for (const std::string& key : keys) events.push_back({static_cast<std::int64_t>(events.size()) + 1, key, ""});
  return events;
}

inline void Tell(OrderFacts& order, const std::vector<std::string>& keys) {
  order.saga->events = Story(keys);
  order.saga->event_sequence = static_cast<std::int64_t>(keys.size());
}

inline OrderFacts Completed() {
  OrderFacts order;
  order.id = kId;
  order.saga.emplace();
  order.saga->phase = Phase::kFinished;
  order.saga->status = Status::kCompleted;
  order.saga->ending = Ending::kCompleted;
  order.saga->user_email = "ann@example.com";
  order.saga->total = {10000, "USD"};
  order.saga->lines = {{"product-001", 2}};
  order.saga->lines_minor = 10000;
  order.saga->definition = Known().Find(1);
  order.saga->steps.assign(3, StepState::kApplied);
  order.saga->deadline_at = kNow + absl::Minutes(10);
  order.saga->progress.read_at = order.saga->progress.updated_at = kNow;
  order.saga->progress.patience = absl::Seconds(10);
  order.saga->version = order.saga->journal_entries = 4;
  Tell(order, {"order.created", "payment.successful", "inventory.successful", "order.completed"});
  Charge charge;
  charge.key = std::string(kId) + "/payment/action";
  charge.order_id = kId;
  charge.state = EffectState::kApplied;
  charge.asked = {10000, "USD"};
  charge.user_email = "ann@example.com";
  charge.charged = 10000;
  charge.currency = "USD";
  order.charges = {charge};
  Reservation reservation;
  reservation.key = std::string(kId) + "/inventory/action";
  reservation.order_id = kId;
  reservation.lines = {{"product-001", 2}};
  order.reservations = {reservation};
  order.notices = {{std::string(kId) + "/notification/action",
                    kId,
                    EffectState::kApplied,
                    "",
                    NoticeKind::kCompleted,
                    "ann@example.com",
                    {{"product-001", 2}},
                    {10000, "USD"},
                    0}};
  return order;
}

inline OrderFacts OutOfStock() {
  OrderFacts order = Completed();
  order.saga->status = Status::kCancelled;
  order.saga->ending = Ending(Ending::kRejected, kInventory);
  order.saga->refunded = 10000;
  order.saga->steps[kPayment] = StepState::kCompensated;
  order.saga->steps[kInventory] = StepState::kRejected;
  Tell(order, {"order.created", "payment.successful", "inventory.failed", "payment.refunded", "order.cancelled"});
  order.charges[0].state = EffectState::kReversed;
  order.charges[0].refunded = order.charges[0].counted = 10000;
  order.reservations[0].state = EffectState::kRejected;
  order.notices[0].kind = NoticeKind::kRefunded;
  order.notices[0].refunded = 10000;
  return order;
}

inline OrderFacts Paying() {
  OrderFacts order = Completed();
  order.saga->phase = Phase::kForward;
  order.saga->status = Status::kPending;
  order.saga->ending.reset();
  order.saga->steps[kPayment] = StepState::kRunning;
  order.saga->steps[kInventory] = order.saga->steps[kNotification] = StepState::kWaiting;
  order.saga->progress.step = "payment";
  Tell(order, {"order.created"});
  order.reservations.clear();
  order.notices.clear();
  return order;
}

inline std::vector<Rule> RulesBroken(const OrderFacts& order) {
  Verdict verdict;
  Judge(Known(), order, verdict);
  std::vector<Rule> rules;
  for (const Violation& violation : verdict.violations) {
    if (rules.empty() || rules.back() != violation.rule) rules.push_back(violation.rule);
  }
  return rules;
}

}  // namespace ordersaga::audit
