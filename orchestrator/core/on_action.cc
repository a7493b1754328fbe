// A participant answered an action, or did not.
#include <fmt/format.h>

#include "orchestrator/core/handlers.h"
#include "orchestrator/core/moves.h"

namespace ordersaga::orchestrator {
namespace {

// Applied and rejected count while step and direction are still current, whatever the attempt.
bool IsCurrent(const Saga& saga, std::size_t step) {
  return (saga.phase == Phase::kForward || saga.phase == Phase::kNotifying) && saga.step == step &&
         saga.steps[step].state == StepState::kRunning;
}

void Close(Draft& draft, StepState state) {
  Saga& saga = draft.saga();
  draft.record().state = state;
  draft.record().ended_at = draft.now();
  saga.due_at.reset();
  UnparkAnswered(draft);
}

void OnApplied(Draft& draft, const Applied& applied) {
  Close(draft, StepState::kApplied);
  draft.record().succeeded = true;
  draft.record().evidence = applied.evidence;
  draft.Note(fmt::format("{} applied", draft.step().name), applied.evidence);
  switch (draft.step().kind) {
    case StepKind::kCompensatable:
      draft.EmitApplied();
      if (WantsStop(draft)) return HonourStop(draft);
      return StartStep(draft, draft.saga().step + 1);
    case StepKind::kPivot:
      // Not recorded before the wish to stop was: the wish wins. Its success is not told of either, since subscribers
      // take it for the order's.
      if (WantsStop(draft)) return HonourStop(draft);
      draft.EmitApplied();
      return Complete(draft);
    case StepKind::kRetriable:
      draft.EmitApplied();
      return GoOnNotifying(draft);
  }
}

void OnRejected(Draft& draft, const Rejected& rejected) {
  Close(draft, StepState::kRejected);
  draft.record().reason = rejected.reason;
  draft.Note(fmt::format("{} rejected", draft.step().name), fmt::format("{}: {}", rejected.reason, rejected.message));
  if (draft.step().kind == StepKind::kRetriable) return GoOnNotifying(draft);
  draft.Emit(draft.step().failed_event, draft.saga().order->total, rejected.reason, rejected.message);
  TurnBack(draft, {Ending::kRejected, draft.saga().step}, rejected.reason, rejected.message);
}

void OnUnknown(Draft& draft, const ActionReplied& reply, const OutcomeUnknown& unknown) {
  const StepRecord& record = draft.record();
  // Only the current attempt's silence means anything, and only while it is being waited for.
  if (reply.attempt != record.action_attempts || draft.saga().due_at.has_value() || !draft.saga().parked.empty()) {
    return;
  }
  draft.record().last_error = unknown.error;
  if (draft.saga().phase == Phase::kForward && WantsStop(draft)) {
    draft.Note(fmt::format("{} unanswered; stopping", draft.step().name), unknown.error);
    return HonourStop(draft);
  }
  if (!unknown.retriable || BudgetSpent(draft)) return GiveUpAction(draft);
  draft.Note(fmt::format("{} attempt {} unanswered", draft.step().name, reply.attempt), unknown.error);
  WaitForRetry(draft, unknown);
}

}  // namespace

void GoOnNotifying(Draft& draft) {
  Saga& saga = draft.saga();
  if (saga.step + 1 < saga.steps.size()) return StartStep(draft, saga.step + 1);
  saga.phase = Phase::kFinished;
  saga.finished_at = draft.now();
  saga.parked.clear();
  saga.paused_at.reset();
}

void GiveUpAction(Draft& draft) {
  const StepDefinition& step = draft.step();
  draft.Note(fmt::format("{} given up after {} attempts", step.name, draft.record().action_attempts),
             draft.record().last_error);
  if (step.kind == StepKind::kRetriable) return Park(draft, step.unknown_reason, step.unknown_message);
  draft.record().state = StepState::kUnknown;
  draft.record().ended_at = draft.now();
  // A step whose undoing is told of: what has become of it is told when the undoing has found out (on_compensation.cc).
  if (step.undone_event == nullptr) {
    draft.Emit(step.failed_event, draft.saga().order->total, step.unknown_reason, step.unknown_message);
  }
  TurnBack(draft, {Ending::kUnknown, draft.saga().step}, step.unknown_reason, step.unknown_message);
}

void OnActionReplied(Draft& draft, const ActionReplied& reply) {
  if (reply.step >= draft.saga().steps.size() || !IsCurrent(draft.saga(), reply.step)) return;
  if (const auto* applied = std::get_if<Applied>(&reply.outcome)) return OnApplied(draft, *applied);
  if (const auto* rejected = std::get_if<Rejected>(&reply.outcome)) {
    return OnRejected(draft, *rejected);
  }
  OnUnknown(draft, reply, std::get<OutcomeUnknown>(reply.outcome));
}

}  // namespace ordersaga::orchestrator
