#include "orchestrator/audit/judge.h"

#include <fmt/format.h>

#include "orchestrator/audit/keys.h"

namespace ordersaga::audit {
namespace {

using orchestrator::Ending;
using orchestrator::Phase;
using orchestrator::Status;
using orchestrator::StepState;

// The effect of this order; the others are foreign, or a violation.
template <typename Effect>
const Effect* Own(const std::vector<Effect>& effects, std::string_view step, std::string_view id, Verdict& verdict) {
  const Effect* own = nullptr;
  for (const Effect& effect : effects) {
    const std::string_view saga = SagaOf(effect.key, step);
    if (saga.empty()) {
      verdict.foreign.push_back({std::string(step), effect.key, effect.order_id, std::string(Name(effect.state))});
    } else if (saga != id) {
      verdict.violations.push_back(
          {std::string(id), Rule::kEffects, fmt::format("the effect {} is filed under this order", effect.key)});
    } else {
      own = &effect;
    }
  }
  return own;
}

template <typename Effect>
void JudgeOrphan(const Effect* effect, std::string_view step, Report& report) {
  if (effect == nullptr) return;
  report(Rule::kEffects, fmt::format("there is no such order, and {} says {} of it", step, Name(effect->state)));
}

// A saga never asks for a part of a charge back.
void ListPartsGivenBack(const Charge* charge, Verdict& verdict) {
  if (charge == nullptr || charge->by_hand == 0) return;
  verdict.foreign.push_back({"payment", charge->key, charge->order_id,
                             fmt::format("{} given back in part", Major(charge->by_hand, charge->currency))});
}

// What the step's state must be once the order has ended.
bool NothingHeld(StepState state) {
  return state == StepState::kWaiting || state == StepState::kRejected || state == StepState::kCompensated ||
         state == StepState::kVoid;
}

void JudgeSteps(const SagaFacts& saga, Report& report) {
  if (saga.status == Status::kCompleted) {
    if (saga.payment != StepState::kApplied || saga.inventory != StepState::kApplied) {
      report(Rule::kOrders,
             fmt::format("COMPLETED, with payment {} and inventory {}", Name(saga.payment), Name(saga.inventory)));
    }
    return;
  }
  if (!NothingHeld(saga.payment) || !NothingHeld(saga.inventory)) {
    report(Rule::kEffects,
           fmt::format("CANCELLED, with payment {} and inventory {}", Name(saga.payment), Name(saga.inventory)));
  }
  const bool payment_refused = saga.payment == StepState::kRejected;
  const bool inventory_refused = saga.inventory == StepState::kRejected;
  if ((saga.ending == Ending::kPaymentRejected) != payment_refused ||
      (saga.ending == Ending::kInventoryRejected) != inventory_refused) {
    report(Rule::kOrders,
           fmt::format("ended as {}, with payment {} and inventory {}", saga.ending ? Name(*saga.ending) : "nothing",
                       Name(saga.payment), Name(saga.inventory)));
  }
}

void JudgeEnding(const SagaFacts& saga, Report& report) {
  const bool ended = saga.status != Status::kPending;
  if (ended != (saga.phase == Phase::kNotifying || saga.phase == Phase::kFinished)) {
    report(Rule::kOrders, fmt::format("{} while its saga is {}", Name(saga.status), Name(saga.phase)));
  }
  if (!ended) {
    if (saga.ending == Ending::kCompleted) report(Rule::kOrders, "PENDING, and already ended as completed");
    return;
  }
  if (saga.phase == Phase::kFinished && saga.notification != StepState::kApplied &&
      saga.notification != StepState::kRejected) {
    report(Rule::kOrders, fmt::format("finished, with notification {}", Name(saga.notification)));
  }
  if (!saga.ending.has_value() || (saga.status == Status::kCompleted) != (saga.ending == Ending::kCompleted)) {
    report(Rule::kOrders,
           fmt::format("{}, and ended as {}", Name(saga.status), saga.ending ? Name(*saga.ending) : "nothing"));
  }
  JudgeSteps(saga, report);
}

// What must agree within the saga's own record, whether it has ended or not.
void JudgeRecord(const SagaFacts& saga, Report& report) {
  if (saga.lines_minor != saga.total.minor) {
    report(Rule::kMoney,
           fmt::format("the lines come to {}, and the total is {}", Major(saga.lines_minor, saga.total.currency),
                       Major(saga.total.minor, saga.total.currency)));
  }
  if (saga.journal_entries != saga.version || saga.journal_strays) {
    report(Rule::kOrders, fmt::format("its history has {} of {} entries{}", saga.journal_entries, saga.version,
                                      saga.journal_strays ? ", and others besides" : ""));
  }
}

}  // namespace

std::string_view Name(Rule rule) {
  switch (rule) {
    case Rule::kOrders:
      return "orders";
    case Rule::kMoney:
      return "money";
    case Rule::kStock:
      return "stock";
    case Rule::kEffects:
      return "effects";
    case Rule::kNotices:
      return "notices";
    case Rule::kEvents:
      return "events";
  }
  return "?";
}

void Judge(const OrderFacts& order, Verdict& verdict) {
  const Charge* charge = Own(order.charges, "payment", order.id, verdict);
  const Reservation* reservation = Own(order.reservations, "inventory", order.id, verdict);
  const Notice* notice = Own(order.notices, "notification", order.id, verdict);
  ListPartsGivenBack(charge, verdict);
  Report report(order.id, verdict.violations);
  if (!order.saga.has_value()) {
    JudgeOrphan(charge, "payment", report);
    JudgeOrphan(reservation, "inventory", report);
    JudgeOrphan(notice, "notification", report);
    return;
  }
  const SagaFacts& saga = *order.saga;
  if (!saga.unreadable.empty()) return report(Rule::kOrders, fmt::format("cannot be read: {}", saga.unreadable));
  JudgeEnding(saga, report);
  JudgeCharge(saga, charge, report);
  JudgeReservation(saga, reservation, report);
  JudgeNotice(saga, notice, report);
  JudgeStory(saga, report);
  JudgeRecord(saga, report);
  if (std::string why = Forgotten(saga); !why.empty()) {
    report(Rule::kOrders, std::move(why));
  } else if (std::optional<Standing> standing = StandsStill(order.id, saga)) {
    verdict.standing.push_back(*std::move(standing));
  }
}

}  // namespace ordersaga::audit
