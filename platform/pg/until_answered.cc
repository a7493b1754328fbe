#include "platform/pg/until_answered.h"

#include <string>

#include "platform/base/error.h"
#include "platform/pg/status.h"
#include "platform/runtime/process.h"

namespace ordersaga::pg {
namespace {

constexpr absl::Duration kPause = absl::Milliseconds(500);
// While a lock is waited for, others wait behind it: most of the time is theirs.
constexpr absl::Duration kPauseForLocks = absl::Seconds(3);

bool Passes(PgFailure failure) {
  return failure == PgFailure::kUnavailable || failure == PgFailure::kInDoubt || failure == PgFailure::kRetry ||
         failure == PgFailure::kLocked;
}

}  // namespace

absl::Status UntilAnswered(const std::function<absl::Status()>& attempt,
                           const std::function<void(const absl::Status&)>& waits) {
  std::string told;
  absl::Duration silent;  // about how long
  while (true) {
    const absl::Status status = attempt();
    const PgFailure failure = FailureOf(status);
    if (status.ok() || !Passes(failure)) return status;
    if (MessageOf(status) != told || silent >= absl::Minutes(1)) {
      told = MessageOf(status);
      silent = absl::ZeroDuration();
      waits(status);
    }
    const absl::Duration pause = failure == PgFailure::kLocked ? kPauseForLocks : kPause;
    silent += pause;
    if (SignalledWithin(pause)) {
      return absl::CancelledError("ended while waiting for the database");
    }
  }
}

}  // namespace ordersaga::pg
