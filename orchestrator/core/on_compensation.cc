// A participant answered a compensation, or did not.
#include <fmt/format.h>

#include "orchestrator/core/handlers.h"
#include "orchestrator/core/moves.h"

namespace ordersaga::orchestrator {
namespace {

bool IsBeingUndone(const Saga& saga, std::size_t step) {
  return saga.phase == Phase::kCompensating && saga.step == step && saga.steps[step].state == StepState::kCompensating;
}

// It never looks like a refund: the order's own event says who has closed it, and with what.
void TellOfSettlement(Draft& draft, const Money& amount) {
  Saga& saga = draft.saga();
  if (!draft.record().succeeded) draft.EmitApplied();
  saga.settled = saga.settlement.has_value() ? saga.settlement->amount : amount;
  saga.ending = Ending::kClosedByOperator;
}

// An operator has given back by hand what was given back, or never taken: he has to get it back.
void CheckContradiction(Draft& draft, const Undone& undone) {
  const Saga& saga = draft.saga();
  const bool contradicted = draft.step().effect == Effect::kMoney && saga.settlement.has_value() && !undone.by_hand;
  if (!contradicted) return;
  draft.Emit(&kSagaNeedsAttention, saga.settlement->amount, "SETTLEMENT_CONTRADICTED",
             undone.undone ? "settled by hand, and refunded already" : "settled by hand, and nothing was ever taken");
}

// Subscribers keep ledgers that must never go negative: an effect that comes to light only through its undoing is told
// of before it is told to be undone.
void TellOfUndoing(Draft& draft, const Undone& undone) {
  Saga& saga = draft.saga();
  const StepDefinition& step = draft.step();
  if (!undone.undone) {
    const bool silent_so_far = saga.ending == Ending(Ending::kUnknown, saga.step) && step.undone_event != nullptr;
    if (silent_so_far) draft.Emit(step.failed_event, saga.order->total, saga.reason, saga.message);
    return;
  }
  const Money amount = undone.amount.value_or(saga.order->total);
  if (step.effect == Effect::kMoney && undone.by_hand) return TellOfSettlement(draft, amount);
  if (step.effect == Effect::kMoney) saga.refunded = amount;
  if (step.undone_event == nullptr) return;
  if (!draft.record().succeeded) draft.EmitApplied();
  draft.Emit(step.undone_event, amount, saga.reason, saga.message);
}

void OnUndone(Draft& draft, const Undone& undone) {
  Saga& saga = draft.saga();
  StepRecord& record = draft.record();
  record.state = undone.undone ? StepState::kCompensated : StepState::kVoid;
  record.ended_at = draft.now();
  saga.due_at.reset();
  UnparkAnswered(draft);
  draft.Note(fmt::format("{} {}", draft.step().name, undone.undone ? "compensated" : "had nothing to compensate"),
             undone.evidence);
  CheckContradiction(draft, undone);
  TellOfUndoing(draft, undone);
  CompensateFrom(draft, saga.step);
}

void OnUnknown(Draft& draft, const CompensationReplied& reply, const OutcomeUnknown& unknown) {
  if (reply.attempt != draft.record().compensation_attempts || draft.saga().due_at.has_value() ||
      !draft.saga().parked.empty()) {
    return;
  }
  const std::string_view step = draft.step().name;
  draft.record().last_error = unknown.error;
  draft.Note(fmt::format("{} compensation attempt {} unanswered", step, reply.attempt), unknown.error);
  if (!unknown.retriable && draft.saga().settlement.has_value()) {
    draft.saga().settlement.reset();
    return Park(draft, "SETTLEMENT_REFUSED", fmt::format("{} does not book what was settled by hand", step));
  }
  if (!unknown.retriable) {
    return Park(draft, "COMPENSATION_REFUSED", fmt::format("{} refused to compensate", step));
  }
  if (BudgetSpent(draft)) {
    return Park(draft, "COMPENSATION_EXHAUSTED", fmt::format("{} could not compensate in time", step));
  }
  WaitForRetry(draft, unknown);
}

}  // namespace

void OnCompensationReplied(Draft& draft, const CompensationReplied& reply) {
  if (reply.step >= draft.saga().steps.size() || !IsBeingUndone(draft.saga(), reply.step)) return;
  if (const auto* undone = std::get_if<Undone>(&reply.outcome)) return OnUndone(draft, *undone);
  OnUnknown(draft, reply, std::get<OutcomeUnknown>(reply.outcome));
}

}  // namespace ordersaga::orchestrator
