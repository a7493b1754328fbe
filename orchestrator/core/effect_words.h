// Steps, calls and what they move, in the words that operators read. Pure.
#pragma once

#include <string>

#include "orchestrator/core/saga.h"

namespace ordersaga::orchestrator {

// "payment's action", "payment's compensation": what is being called, or waits to be called.
std::string CallOf(const StepRecord& record);

// What the step's effect moves, as far as its definition says: "50.00 USD", "2 units", "".
std::string Moved(const StepDefinition& step, const Order& order);

// What a cancellation would undo, as far as it is, or may be, there: "payment, 50.00 USD; inventory, 2 units".
std::string ToBeUndone(const Definition& definition, const Saga& saga);

// `first`, `between`, `second`; without `between` if one of them is empty.
std::string Joined(std::string first, const std::string& second, const char* between);

}  // namespace ordersaga::orchestrator
