// Someone asked for something: a place in the engine, a cancellation, a person's help. What operators ask for:
// on_operator.cc.
#include <fmt/format.h>

#include "orchestrator/core/handlers.h"
#include "orchestrator/core/moves.h"
#include "platform/base/error.h"

namespace ordersaga::orchestrator {

void OnAdmitted(Draft& draft) {
  Saga& saga = draft.saga();
  if (saga.phase != Phase::kWaiting || !saga.parked.empty()) return;
  saga.phase = Phase::kForward;
  saga.deadline_at = draft.now() + draft.definition().deadline;
  draft.Note("started");
  StartStep(draft, 0);
}

absl::Status OnCancelRequested(Draft& draft, const CancelRequested& request) {
  Saga& saga = draft.saga();
  if (saga.status == Status::kCompleted) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "ORDER_ALREADY_COMPLETED",
                     "the order is completed and can no longer be cancelled");
  }
  const bool already = saga.status == Status::kCancelled || saga.phase == Phase::kCompensating || saga.stop.has_value();
  if (already) return absl::OkStatus();
  saga.stop = Ending::kCancelledByCustomer;
  saga.reason = "CANCELLED_BY_CUSTOMER";
  saga.message = request.reason.empty() ? "cancelled by the customer" : request.reason;
  draft.Note("cancel requested",
             request.by.empty() ? request.reason : fmt::format("{}: {}", request.by, request.reason));
  if (!saga.parked.empty()) return absl::OkStatus();
  // While a call is out its answer is waited for; otherwise nothing has to be.
  if (saga.phase == Phase::kWaiting || saga.due_at.has_value()) HonourStop(draft);
  return absl::OkStatus();
}

void OnFaultFound(Draft& draft, const FaultFound& fault) {
  if (draft.saga().finished() || !draft.saga().parked.empty()) return;
  draft.Note("parked", fault.reason);
  Park(draft, fault.reason, "a person has to look at this saga");
}

}  // namespace ordersaga::orchestrator
