// What holds in every saga that can exist. Checked after every decision, on load, and in every test.
#pragma once

#include "absl/status/status.h"
#include "orchestrator/core/definition.h"
#include "orchestrator/core/saga.h"

namespace ordersaga::orchestrator {

// OK, or INTERNAL naming the first rule the saga breaks.
absl::Status CheckInvariants(const Definition& definition, const Saga& saga);

}  // namespace ordersaga::orchestrator
