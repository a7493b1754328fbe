#include "platform/pg/schema.h"

#include "platform/base/error.h"
#include "platform/runtime/log.h"
#include "platform/runtime/process.h"

namespace ordersaga::pg {

absl::Status Schema::Check() const {
  absl::MutexLock lock(&mu_);
  return status_;
}

absl::Status Schema::Start() {
  while (!Check().ok()) {
    const absl::Status status = prepare_(session_);
    {
      absl::MutexLock lock(&mu_);
      status_ = status.ok() ? status : absl::UnavailableError("waiting for the database: " + MessageOf(status));
    }
    if (status.ok()) break;
    const PgFailure failure = FailureOf(status);
    const bool passing =
        failure == PgFailure::kUnavailable || failure == PgFailure::kInDoubt || failure == PgFailure::kRetry;
    if (!passing) return status;
    LogWarn("waiting for the database", {{"error", MessageOf(status)}});
    if (SignalledWithin(absl::Milliseconds(500))) {
      return absl::CancelledError("ended while waiting for the database");
    }
  }
  session_.Close();
  return absl::OkStatus();
}

}  // namespace ordersaga::pg
