// Waiting for a database that is away, busy, or in doubt. Main's thread only.
#pragma once

#include <functional>

#include "absl/status/status.h"

namespace ordersaga::pg {

// Repeats `attempt` until it is OK, fails for another reason than a PgFailure that passes, or a signal comes
// (CANCELLED). `waits` is told of each reason to wait once, and again each minute, for those who have only now begun to
// read.
absl::Status UntilAnswered(const std::function<absl::Status()>& attempt,
                           const std::function<void(const absl::Status&)>& waits);

}  // namespace ordersaga::pg
