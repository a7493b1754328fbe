// What a failed transaction means for its caller.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"

namespace ordersaga::pg {

enum class PgFailure {
  kUnavailable,  // SQLSTATE 08, 53, 57, or no connection: nothing was written; the same again, later
  kInDoubt,      // the connection was lost at COMMIT: it may or may not be there
  kRetry,        // 40: serialization or deadlock; nothing was written; the same again at once
  kBadRow,       // 22, 23: these values cannot be stored; the same again fails again
  kOther,        // a programming error (42 ...): nothing was written
};

absl::Status MakeFailure(PgFailure failure, const std::string& message);

// kOther for a status that is not from here.
PgFailure FailureOf(const absl::Status& status);

// Runs `body`, turning what a Connection throws into a status. The only place that knows those exceptions.
// `committing` tells whether a lost connection leaves doubt.
absl::Status Translate(const std::function<absl::Status()>& body, const bool& committing);

}  // namespace ordersaga::pg
