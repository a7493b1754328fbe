// Stock of one order, and what the judges of all effects share.
#include <fmt/format.h>

#include <map>

#include "orchestrator/audit/judge.h"

namespace ordersaga::audit {
namespace {

using orchestrator::Effect;
using orchestrator::Phase;
using orchestrator::Status;
using orchestrator::StepDefinition;
using orchestrator::StepState;

std::map<std::string, std::int64_t> Units(const std::vector<Line>& lines) {
  std::map<std::string, std::int64_t> units;
  for (const Line& line : lines) units[line.item_id] += line.quantity;
  return units;
}

// The first step that has to be done before stock is asked for, and is not.
std::string_view Undone(const SagaFacts& saga) {
  for (std::size_t i = 0; i < saga.steps.size(); ++i) {
    const StepDefinition& step = saga.definition->steps[i];
    if (step.effect == Effect::kStock) break;
    if (saga.steps[i] == StepState::kWaiting || saga.steps[i] == StepState::kRunning) return step.name;
  }
  return {};
}

void JudgeOpenReservation(const SagaFacts& saga, const Reservation& reservation, Report& report) {
  if (const std::string_view undone = Undone(saga); !undone.empty()) {
    report(Rule::kEffects, fmt::format("{} was asked, and {} is not done", saga.StepWith(Effect::kStock), undone));
  } else if (saga.phase != Phase::kCompensating && IsUndone(reservation.state)) {
    report(Rule::kEffects,
           fmt::format("the reservation is {} while the saga is {}", Name(reservation.state), Name(saga.phase)));
  }
}

}  // namespace

bool IsUndone(EffectState state) {
  return state == EffectState::kVoided || state == EffectState::kReversing || state == EffectState::kReversed ||
         state == EffectState::kSettled;
}

// The usual order has one line; no map is made for it.
bool SameLines(const std::vector<Line>& a, const std::vector<Line>& b) {
  if (a.size() == 1 && b.size() == 1) return a[0].item_id == b[0].item_id && a[0].quantity == b[0].quantity;
  return Units(a) == Units(b);
}

bool FitsCancelled(const SagaFacts& saga, StepState step, const EffectState* effect) {
  const auto is = [&](EffectState state) { return effect != nullptr && *effect == state; };
  switch (step) {
    case StepState::kWaiting:
      return effect == nullptr;
    case StepState::kRejected:
      return is(EffectState::kRejected) || is(EffectState::kVoided);
    case StepState::kCompensated:
      return is(EffectState::kReversed) || is(EffectState::kSettled);
    case StepState::kVoid:
      if (effect != nullptr) return is(EffectState::kRejected) || is(EffectState::kVoided);
      // A tombstone is purged a day after the action's not_after, which is later than the deadline.
      return saga.deadline_at.has_value() && saga.progress.read_at > *saga.deadline_at + absl::Hours(24);
    default:
      return false;
  }
}

void JudgeReservation(const SagaFacts& saga, const Reservation* reservation, Report& report) {
  if (reservation != nullptr && !reservation->unreadable.empty()) {
    report(Rule::kStock, "its reservation cannot be read: " + reservation->unreadable);
  } else if (reservation != nullptr && reservation->state != EffectState::kVoided &&
             !SameLines(reservation->lines, saga.lines)) {
    report(Rule::kStock, "the reservation has other lines than the order");
  }
  const StepState step = saga.StateOf(Effect::kStock);
  const bool holds = reservation != nullptr && reservation->state == EffectState::kApplied;
  const std::string_view state = reservation == nullptr ? "unseen" : Name(reservation->state);
  switch (saga.status) {
    case Status::kCompleted:
      if (holds) return;
      return report(reservation != nullptr && IsUndone(reservation->state) ? Rule::kEffects : Rule::kStock,
                    fmt::format("COMPLETED, and its reservation is {}", state));
    case Status::kCancelled:
      if (holds) return report(Rule::kStock, "CANCELLED, and it holds stock");
      if (FitsCancelled(saga, step, reservation == nullptr ? nullptr : &reservation->state)) return;
      return report(Rule::kStock, fmt::format("CANCELLED with {} {}, and its reservation is {}",
                                              saga.StepWith(Effect::kStock), Name(step), state));
    case Status::kPending:
      if (reservation != nullptr) JudgeOpenReservation(saga, *reservation, report);
  }
}

}  // namespace ordersaga::audit
