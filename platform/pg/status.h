// What a failed transaction means for its caller.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace ordersaga::pg {

enum class PgFailure {
  kUnavailable,  // SQLSTATE 08, 25, 53, 57, or no connection: nothing was written; the same again, later
  kInDoubt,      // COMMIT was sent, and no plain answer came (session.h): it may or may not be there
  kRetry,        // 40: serialization or deadlock; nothing was written; the same again at once
  kBadRow,       // 22, 23: these values cannot be stored; the same again fails again
  kRaised,       // OS: a statement of ours has found that what the transaction assumes is not so (all_or_raise)
  kLocked,       // 55P03: others held a lock for too long (lock_timeout); nothing was written; the same again, later
  kOther,        // a programming error (42 ...): nothing was written
};

absl::Status MakeFailure(PgFailure failure, const std::string& message);

// What a reader's caller is told. Reading is safe to repeat: UNAVAILABLE DATABASE_UNAVAILABLE with RetryInfo, unless
// the statement itself is at fault, with these values or any: INTERNAL QUERY_FAILED, which is not tried again. Another
// part's errors, with a reason of their own, are passed on.
absl::Status ForReader(const absl::Status& status);

// What a reader is told when too many wait: RESOURCE_EXHAUSTED, reason TOO_MANY_READS, with RetryInfo.
absl::Status TooManyReads();

// kOther for a status that is not from here.
PgFailure FailureOf(const absl::Status& status);

// Of kRaised: the SQLSTATE, and what was wanted and is not there.
struct Raised {
  std::string sqlstate;
  std::vector<std::string> missing;
};
Raised RaisedBy(const absl::Status& status);

// Runs `body`, turning what a Connection throws into a status. The only place that knows those exceptions.
// `committing` tells whether a lost connection leaves doubt.
absl::Status Translate(const std::function<absl::Status()>& body, const bool& committing);

}  // namespace ordersaga::pg
