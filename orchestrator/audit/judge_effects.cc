// Money and stock of one order.
#include <fmt/format.h>

#include <map>

#include "orchestrator/audit/judge.h"

namespace ordersaga::audit {
namespace {

using orchestrator::Phase;
using orchestrator::Status;
using orchestrator::StepState;

std::string Major(std::int64_t minor, const std::string& currency) {
  return fmt::format("{} {}", FormatMajor({minor, currency}), currency);
}

bool IsUndone(EffectState state) {
  return state == EffectState::kVoided || state == EffectState::kReversing || state == EffectState::kReversed;
}

bool NobodyAskedToUndo(const SagaFacts& saga) {
  return saga.status == Status::kPending && saga.phase != Phase::kCompensating;
}

// True of every charge at every moment.
void JudgeLedger(const SagaFacts& saga, const Charge& charge, Report& report) {
  const std::string& currency = saga.total.currency;
  if (charge.state != EffectState::kVoided && charge.asked != saga.total) {
    report(Rule::kMoney,
           fmt::format("asked for {}, and the total is {}", Major(charge.asked.minor, charge.asked.currency),
                       Major(saga.total.minor, currency)));
  }
  const bool taken = charge.state == EffectState::kApplied || charge.state == EffectState::kReversed;
  if ((taken && charge.charged != saga.total.minor) || charge.charged < 0 || charge.charged > saga.total.minor) {
    report(Rule::kMoney, fmt::format("the charge is {}: {} was taken of {}", Name(charge.state),
                                     Major(charge.charged, currency), Major(saga.total.minor, currency)));
  }
  if (charge.refunded < 0 || charge.refunded > charge.charged) {
    report(Rule::kMoney, fmt::format("{} was taken and {} given back", Major(charge.charged, currency),
                                     Major(charge.refunded, currency)));
  }
}

void JudgeCompletedMoney(const SagaFacts& saga, const Charge* charge, Report& report) {
  if (charge == nullptr) return report(Rule::kMoney, "COMPLETED, and nothing was charged");
  if (IsUndone(charge->state)) {
    return report(Rule::kEffects, fmt::format("COMPLETED, and its charge is {}", Name(charge->state)));
  }
  const std::int64_t net = charge->charged - (charge->refunded - charge->by_hand);
  if (charge->state != EffectState::kApplied || net != saga.total.minor || saga.refunded != 0) {
    report(Rule::kMoney,
           fmt::format("COMPLETED: charge {}, {} taken, {} given back, total {}", Name(charge->state),
                       Major(charge->charged, saga.total.currency), Major(charge->refunded, saga.total.currency),
                       Major(saga.total.minor, saga.total.currency)));
  }
}

void JudgeCancelledMoney(const SagaFacts& saga, const Charge* charge, Report& report) {
  const std::int64_t charged = charge == nullptr ? 0 : charge->charged;
  const std::int64_t refunded = charge == nullptr ? 0 : charge->refunded;
  if (charge != nullptr && charge->state != EffectState::kRejected && charge->state != EffectState::kVoided &&
      charge->state != EffectState::kReversed) {
    report(Rule::kEffects, fmt::format("CANCELLED, and its charge is {}", Name(charge->state)));
  }
  if (charged != refunded || refunded != saga.refunded) {
    const std::string& currency = saga.total.currency;
    report(Rule::kMoney,
           fmt::format("CANCELLED: {} taken, {} given back, and the saga recorded {}", Major(charged, currency),
                       Major(refunded, currency), Major(saga.refunded, currency)));
  }
  const bool moved = charge != nullptr && charge->state == EffectState::kReversed;
  if (moved != (saga.payment == StepState::kCompensated)) {
    report(Rule::kMoney, fmt::format("CANCELLED with payment {}, and its charge is {}", Name(saga.payment),
                                     charge == nullptr ? "unseen" : Name(charge->state)));
  }
}

std::map<std::string, std::int64_t> Units(const std::vector<Line>& lines) {
  std::map<std::string, std::int64_t> units;
  for (const Line& line : lines) units[line.item_id] += line.quantity;
  return units;
}

// The usual order has one line; no map is made for it.
bool Same(const std::vector<Line>& a, const std::vector<Line>& b) {
  if (a.size() == 1 && b.size() == 1) return a[0].item_id == b[0].item_id && a[0].quantity == b[0].quantity;
  return Units(a) == Units(b);
}

}  // namespace

std::string_view Name(EffectState state) {
  switch (state) {
    case EffectState::kInProgress:
      return "in progress";
    case EffectState::kApplied:
      return "applied";
    case EffectState::kRejected:
      return "rejected";
    case EffectState::kVoided:
      return "void";
    case EffectState::kReversing:
      return "being reversed";
    case EffectState::kReversed:
      return "reversed";
  }
  return "?";
}

void JudgeCharge(const SagaFacts& saga, const Charge* charge, Report& report) {
  if (charge != nullptr) JudgeLedger(saga, *charge, report);
  if (saga.status == Status::kCompleted) return JudgeCompletedMoney(saga, charge, report);
  if (saga.status == Status::kCancelled) return JudgeCancelledMoney(saga, charge, report);
  if (charge == nullptr) {
    const bool applied = saga.payment == StepState::kApplied || saga.payment == StepState::kCompensated;
    if (applied) report(Rule::kMoney, fmt::format("payment is {}, and there is no charge", Name(saga.payment)));
    return;
  }
  if (saga.phase == Phase::kWaiting) report(Rule::kEffects, "charged before its saga began");
  if (NobodyAskedToUndo(saga) && (IsUndone(charge->state) || charge->refunded > charge->by_hand)) {
    report(Rule::kEffects, fmt::format("the charge is {} while the saga is {}", Name(charge->state), Name(saga.phase)));
  }
}

void JudgeReservation(const SagaFacts& saga, const Reservation* reservation, Report& report) {
  if (reservation != nullptr && !reservation->lines.empty() && !Same(reservation->lines, saga.lines)) {
    report(Rule::kStock, "the reservation has other lines than the order");
  }
  const bool holds = reservation != nullptr && reservation->state == EffectState::kApplied;
  if (saga.status == Status::kCompleted) {
    if (holds) return;
    const bool undone = reservation != nullptr && IsUndone(reservation->state);
    return report(undone ? Rule::kEffects : Rule::kStock,
                  fmt::format("COMPLETED, and its reservation is {}",
                              reservation == nullptr ? "unseen" : Name(reservation->state)));
  }
  if (saga.status == Status::kCancelled) {
    if (holds) report(Rule::kStock, "CANCELLED, and it holds stock");
    return;
  }
  if (reservation == nullptr) return;
  if (saga.payment == StepState::kWaiting || saga.payment == StepState::kRunning) {
    report(Rule::kEffects, fmt::format("inventory was asked while payment is {}", Name(saga.payment)));
  } else if (NobodyAskedToUndo(saga) && IsUndone(reservation->state)) {
    report(Rule::kEffects,
           fmt::format("the reservation is {} while the saga is {}", Name(reservation->state), Name(saga.phase)));
  }
}

}  // namespace ordersaga::audit
