#include "orchestrator/core/moves.h"

namespace ordersaga::orchestrator {
namespace {

bool MustBeUndone(const StepDefinition& step, const StepRecord& record) {
  return step.compensation.has_value() && (record.state == StepState::kApplied || record.state == StepState::kUnknown);
}

void StartNotifying(Draft& draft) {
  draft.saga().phase = Phase::kNotifying;
  const std::vector<StepDefinition>& steps = draft.definition().steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].kind == StepKind::kRetriable) return StartStep(draft, i);  // there is one: Check()
  }
}

void Cancel(Draft& draft) {
  draft.saga().status = Status::kCancelled;
  draft.Emit(kOrderCancelled);
  StartNotifying(draft);
}

}  // namespace

void StartStep(Draft& draft, std::size_t step) {
  Saga& saga = draft.saga();
  saga.step = step;
  saga.due_at.reset();
  StepRecord& record = draft.record();
  record.state = StepState::kRunning;
  record.action_attempts = 1;
  record.started_at = draft.now();
  draft.Call();
}

void Complete(Draft& draft) {
  Saga& saga = draft.saga();
  saga.status = Status::kCompleted;
  saga.ending = Ending::kCompleted;
  saga.reason.clear();
  saga.message.clear();
  draft.Emit(kOrderCompleted);
  StartNotifying(draft);
}

void TurnBack(Draft& draft, Ending ending, std::string_view reason, std::string_view message) {
  Saga& saga = draft.saga();
  saga.ending = ending;
  saga.reason = std::string(reason);
  saga.message = std::string(message);
  CompensateFrom(draft, saga.step);
}

void CompensateFrom(Draft& draft, std::size_t from) {
  Saga& saga = draft.saga();
  for (std::size_t i = from + 1; i-- > 0;) {
    if (!MustBeUndone(draft.definition().steps[i], saga.steps[i])) continue;
    saga.phase = Phase::kCompensating;
    saga.step = i;
    saga.due_at.reset();
    StepRecord& record = draft.record();
    record.state = StepState::kCompensating;
    record.compensation_attempts = 1;
    record.compensation_started_at = draft.now();
    return draft.Call();
  }
  Cancel(draft);
}

bool WantsStop(Draft& draft) {
  Saga& saga = draft.saga();
  if (saga.stop.has_value()) return true;
  const absl::Time now = saga.paused_at.value_or(draft.now());  // no time passes while it is paused
  if (!saga.deadline_at.has_value() || now < *saga.deadline_at) return false;
  saga.stop = Ending::kDeadlineExceeded;
  saga.reason = "DEADLINE_EXCEEDED";
  saga.message = "the order could not be completed in time";
  return true;
}

void HonourStop(Draft& draft) {
  Saga& saga = draft.saga();
  if (draft.record().state == StepState::kRunning) draft.record().state = StepState::kUnknown;
  saga.ending = saga.stop;
  CompensateFrom(draft, saga.step);
}

void UnparkAnswered(Draft& draft) {
  if (draft.saga().parked == kPaused) return;
  draft.saga().parked.clear();
  draft.saga()
      .paused_at.reset();  // a paused one whose row could not be stored is parked for that, and time passes again
}

void Park(Draft& draft, std::string_view reason, std::string_view message) {
  Saga& saga = draft.saga();
  saga.due_at.reset();
  saga.parked = std::string(reason);
  draft.Emit(&kSagaNeedsAttention, saga.order->total, reason, message);
}

}  // namespace ordersaga::orchestrator
