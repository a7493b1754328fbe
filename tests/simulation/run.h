// Runs many schedules and sums them up.
#pragma once

#include <cstdint>

#include "platform/base/clock.h"

namespace ordersaga::sim {

// Prints progress, every violation with its seed, hits per fault, and the closing line. Returns the exit code: 0 only
// without violations and, for 1,000 schedules and more, with every kind of fault hit.
int RunSchedules(std::uint64_t first, std::uint64_t count, bool trace, const Clock& clock);

}  // namespace ordersaga::sim
