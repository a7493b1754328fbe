// Time passed, or an owner came back: what the current call's policy says.
#include <fmt/format.h>

#include <algorithm>

#include "orchestrator/core/handlers.h"
#include "orchestrator/core/moves.h"

namespace ordersaga::orchestrator {
namespace {

bool Compensating(Draft& draft) {
  return draft.record().compensating();
}

const CallPolicy& Policy(Draft& draft) {
  return Compensating(draft) ? *draft.step().compensation : draft.step().action;
}

absl::Time BudgetEnd(Draft& draft) {
  const StepRecord& record = draft.record();
  const auto& started = Compensating(draft) ? record.compensation_started_at : record.started_at;
  return started.value_or(draft.now()) + Policy(draft).budget;
}

// A step that began meanwhile begins now.
void Later(std::optional<absl::Time>& began, absl::Duration by, absl::Time now) {
  if (began.has_value()) began = std::min(*began + by, now);
}

}  // namespace

bool BudgetSpent(Draft& draft) {
  const int most = Policy(draft).max_attempts;
  return draft.now() >= BudgetEnd(draft) || (most > 0 && draft.record().attempts() >= most);
}

void WaitForRetry(Draft& draft, const OutcomeUnknown& unknown) {
  Saga& saga = draft.saga();
  const absl::Duration wait = std::max(Policy(draft).backoff.Delay(draft.record().attempts(), draft.jitter()),
                                       std::min(unknown.retry_after.value_or(absl::ZeroDuration()), absl::Minutes(1)));
  absl::Time due = std::min(draft.now() + wait, BudgetEnd(draft));
  if (saga.phase == Phase::kForward && saga.deadline_at.has_value()) {
    due = std::min(due, *saga.deadline_at);
  }
  saga.due_at = due;
}

void RetryNow(Draft& draft) {
  StepRecord& record = draft.record();
  (Compensating(draft) ? record.compensation_started_at : record.started_at) = draft.now();
  ++draft.record().attempts();
  draft.Call();
}

void OnTimerDue(Draft& draft) {
  Saga& saga = draft.saga();
  if (!saga.due_at.has_value() || draft.now() < *saga.due_at || !saga.parked.empty()) return;
  const std::string_view step = draft.step().name;
  saga.due_at.reset();
  if (saga.phase == Phase::kForward && WantsStop(draft)) {
    draft.Note(fmt::format("stopping at {}", step), saga.reason);
    return HonourStop(draft);
  }
  if (BudgetSpent(draft)) {
    if (!Compensating(draft)) return GiveUpAction(draft);
    draft.Note(fmt::format("{} compensation given up", step), draft.record().last_error);
    return Park(draft, "COMPENSATION_EXHAUSTED", fmt::format("{} could not compensate in time", step));
  }
  const int attempt = ++draft.record().attempts();
  draft.Note(fmt::format("{}{} attempt {}", step, Compensating(draft) ? " compensation" : "", attempt));
  draft.Call();
}

void OnResumed(Draft& draft) {
  Saga& saga = draft.saga();
  const bool idle = saga.phase == Phase::kWaiting || saga.finished() || !saga.parked.empty() || saga.due_at.has_value();
  if (idle) return;
  if (saga.phase == Phase::kForward && saga.stop.has_value()) {
    // Nobody waits for an answer: its call was not made, or its answer goes to an owner that is gone.
    draft.Note(fmt::format("resumed; stopping at {}", draft.step().name), saga.reason);
    return HonourStop(draft);
  }
  // Being at this step is the intent: the call may have been made, and its key makes repeating it safe.
  draft.Call();
}

void StandStill(Draft& draft, absl::Duration time) {
  Saga& saga = draft.saga();
  if (time <= absl::ZeroDuration()) return;
  if (saga.deadline_at.has_value()) *saga.deadline_at += time;
  if (saga.phase == Phase::kWaiting) return;
  Later(draft.record().started_at, time, draft.now());
  Later(draft.record().compensation_started_at, time, draft.now());
}

void OnHoldEnded(Draft& draft, const HoldEnded& ended) {
  Saga& saga = draft.saga();
  if (saga.phase == Phase::kWaiting || saga.finished() || !saga.parked.empty()) return;
  StandStill(draft, ended.held);
  if (saga.due_at.has_value()) return OnTimerDue(draft);
  draft.Note(fmt::format("{} is asked again", draft.step().participant), "it was on hold");
  if (saga.phase == Phase::kForward && saga.stop.has_value()) return HonourStop(draft);
  draft.Call();
}

}  // namespace ordersaga::orchestrator
