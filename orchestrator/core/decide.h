// The pure core of the orchestrator: one event in, one decision out. No clock, chance, I/O, threads or logging.
#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/core/definition.h"
#include "orchestrator/core/event.h"
#include "orchestrator/core/saga.h"

namespace ordersaga::orchestrator {

// Starts a saga.
Decision DecideNew(const Definition& definition, const OrderPlaced& placed, absl::Time now);

// `jitter` in [0, 1) spreads back-offs. Errors:
//   FAILED_PRECONDITION  the event is refused (cancel after the pivot); the saga is unchanged; tell the caller.
//   INVALID_ARGUMENT     an operator has left out, or has wrong, what the verb needs; names the fields.
//   ABORTED              the saga is not as the operator has seen it; it is unchanged; tell him.
//   INTERNAL             the saga is in a state that cannot be; the shell parks it (FaultFound) and raises an alarm.
absl::StatusOr<Decision> Decide(const Definition& definition, const Saga& saga, const Event& event, absl::Time now,
                                double jitter);

}  // namespace ordersaga::orchestrator
