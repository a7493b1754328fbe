// One function per kind of happening; decide.cc only dispatches. Each leaves the draft as it is when the event no
// longer matters.
#pragma once

#include "absl/status/status.h"
#include "orchestrator/core/draft.h"
#include "orchestrator/core/event.h"

namespace ordersaga::orchestrator {

// on_action.cc
void OnActionReplied(Draft& draft, const ActionReplied& reply);
// Gives the current action up: its outcome stays unknown, so it is compensated for too.
void GiveUpAction(Draft& draft);
// A retriable step is over, whatever became of it: the next one, or the end of the saga.
void GoOnNotifying(Draft& draft);

// on_compensation.cc
void OnCompensationReplied(Draft& draft, const CompensationReplied& reply);

// on_timer.cc
void OnTimerDue(Draft& draft);
void OnResumed(Draft& draft);
void OnHoldEnded(Draft& draft, const HoldEnded& ended);
// So much time has not passed for the saga: its deadline and the budget of its call are later.
void StandStill(Draft& draft, absl::Duration time);
// Waits before the next attempt of the current call, never past its budget or the saga's deadline.
void WaitForRetry(Draft& draft, const OutcomeUnknown& unknown);
bool BudgetSpent(Draft& draft);
// Calls the current step once more, with its budget beginning anew.
void RetryNow(Draft& draft);

// on_request.cc
void OnAdmitted(Draft& draft);
absl::Status OnCancelRequested(Draft& draft, const CancelRequested& request);
void OnFaultFound(Draft& draft, const FaultFound& fault);

// on_operator.cc
absl::Status OnVerbAsked(Draft& draft, const VerbAsked& asked);

}  // namespace ordersaga::orchestrator
