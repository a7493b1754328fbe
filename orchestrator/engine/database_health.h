// Whether the database takes what the engine writes, and since when not. Young evidence only counts: leases that were
// renewed less than a lease ago, a turn that has not failed since. Written by the loop; Check may be called by any
// thread.
#pragma once

#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "platform/base/error.h"

namespace ordersaga::orchestrator {

// What callers hear while it does not.
inline absl::Status DatabaseAway() {
  return TryAgain(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE",
                  "the database takes no orders at the moment; the same request again is safe", absl::Seconds(1));
}

class DatabaseHealth {
 public:
  // `lease`: for how long an answer counts, and a failed turn.
  explicit DatabaseHealth(absl::Duration lease) : lease_(lease) {}

  // All times are monotonic.
  void LeasesRenewed(absl::Duration asked) {
    absl::MutexLock lock(&mu_);
    renewed_ = asked;
    lease_error_.clear();
  }
  void LeasesFailed(std::string error) {
    absl::MutexLock lock(&mu_);
    lease_error_ = std::move(error);
  }
  void TurnStored() {
    absl::MutexLock lock(&mu_);
    failing_since_.reset();
    failed_.reset();
  }
  void TurnFailed(std::string error, absl::Duration now) {
    absl::MutexLock lock(&mu_);
    if (!failing_since_.has_value()) failing_since_ = now;
    failed_ = now;
    turn_error_ = std::move(error);
  }

  // For how long turns have failed without one that did not.
  absl::Duration Failing(absl::Duration now) const {
    absl::MutexLock lock(&mu_);
    return failing_since_.has_value() ? now - *failing_since_ : absl::ZeroDuration();
  }

  // Leases were renewed once, and have not been for a lease.
  bool Lost(absl::Duration now) const {
    absl::MutexLock lock(&mu_);
    return renewed_.has_value() && now - *renewed_ >= lease_;
  }

  // OK, or UNAVAILABLE and why orders are not taken.
  absl::Status Check(absl::Duration now) const {
    absl::MutexLock lock(&mu_);
    if (failed_.has_value() && now - *failed_ < lease_) return Unavailable("the database takes no orders", turn_error_);
    if (renewed_.has_value() && now - *renewed_ < lease_) return absl::OkStatus();
    return Unavailable("the database does not answer", lease_error_);
  }

 private:
  static absl::Status Unavailable(const std::string& what, const std::string& error) {
    return absl::UnavailableError(error.empty() ? what : what + ": " + error);
  }

  const absl::Duration lease_;
  mutable absl::Mutex mu_;
  std::optional<absl::Duration> renewed_ ABSL_GUARDED_BY(mu_);
  std::string lease_error_ ABSL_GUARDED_BY(mu_);
  std::optional<absl::Duration> failing_since_ ABSL_GUARDED_BY(mu_);
  std::optional<absl::Duration> failed_ ABSL_GUARDED_BY(mu_);
  std::string turn_error_ ABSL_GUARDED_BY(mu_);
};

}  // namespace ordersaga::orchestrator
