// The moves that several handlers share: start a step, turn back, end, park.
#pragma once

#include <string_view>

#include "orchestrator/core/draft.h"

namespace ordersaga::orchestrator {

// Makes `step` the current one and asks for its action.
void StartStep(Draft& draft, std::size_t step);

// The pivot is passed: the order is COMPLETED and only telling remains.
void Complete(Draft& draft);

// The order will be cancelled, for this reason. Undoes, in reverse, every effect that is or may be there, beginning
// with the current step; with nothing to undo the order is CANCELLED at once.
void TurnBack(Draft& draft, Ending ending, std::string_view reason, std::string_view message);

// Undoes the next effect below or at step `from`, or ends the order CANCELLED.
void CompensateFrom(Draft& draft, std::size_t from);

// True if the customer or the clock wants the order stopped. Records an expired deadline as the wish.
bool WantsStop(Draft& draft);

// Turns back because of saga.stop. The current step's outcome may be unknown; it is undone too.
void HonourStop(Draft& draft);

// What the saga was parked for has been answered. A paused one stays paused: no answer resumes it.
void UnparkAnswered(Draft& draft);

// Hands the saga to a person. `reason` is one of our own codes, listed in docs/errors.md.
void Park(Draft& draft, std::string_view reason, std::string_view message);

}  // namespace ordersaga::orchestrator
