// A participant answered a compensation, or did not.
#include <fmt/format.h>

#include "orchestrator/core/endings.h"
#include "orchestrator/core/handlers.h"
#include "platform/base/planted.h"

namespace ordersaga::orchestrator {
namespace {

bool IsCurrent(const Saga& saga, std::size_t step) {
  return saga.phase == Phase::kCompensating && saga.step == step && saga.steps[step].state == StepState::kCompensating;
}

// A ledger that is fed by events never goes negative: a charge that comes to light only through its undoing is told of
// before the refund.
void TellOfMoney(Draft& draft, const Undone& undone) {
  Saga& saga = draft.saga();
  if (undone.undone) {
    if (!draft.record().succeeded) EmitCharged(draft);
    saga.refunded = undone.amount.value_or(saga.order->total);
    draft.Emit(DomainEventType::kPaymentRefunded, saga.refunded, saga.reason, saga.message);
  } else if (saga.ending == Ending::kPaymentUnknown) {
    draft.Emit(DomainEventType::kPaymentFailed, saga.order->total, saga.reason, saga.message);
  }
}

void OnUndone(Draft& draft, const Undone& undone) {
  Saga& saga = draft.saga();
  StepRecord& record = draft.record();
  record.state = undone.undone ? StepState::kCompensated : StepState::kVoid;
  record.ended_at = draft.now();
  saga.due_at.reset();
  saga.parked.clear();
  draft.Note(fmt::format("{} {}", draft.step().name, undone.undone ? "compensated" : "had nothing to compensate"),
             undone.evidence);
  if (draft.step().participant == StepId::kPayment) TellOfMoney(draft, undone);
  CompensateFrom(draft, saga.step);
}

void OnUnknown(Draft& draft, const CompensationReplied& reply, const OutcomeUnknown& unknown) {
  if (reply.attempt != draft.record().compensation_attempts || draft.saga().due_at.has_value() ||
      !draft.saga().parked.empty()) {
    return;
  }
  const std::string& step = draft.step().name;
  draft.record().last_error = unknown.error;
  if (Planted(PlantedBug::kSilentUndoIsDone)) return OnUndone(draft, {});
  draft.Note(fmt::format("{} compensation attempt {} unanswered", step, reply.attempt), unknown.error);
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
  if (reply.step >= draft.saga().steps.size() || !IsCurrent(draft.saga(), reply.step)) return;
  if (const auto* undone = std::get_if<Undone>(&reply.outcome)) return OnUndone(draft, *undone);
  OnUnknown(draft, reply, std::get<OutcomeUnknown>(reply.outcome));
}

}  // namespace ordersaga::orchestrator
