// How many requests a second a client may make: a token bucket for each, filled at that rate and as deep as two seconds
// of it. Each gateway counts for itself, so with N of them behind a balancer a client may come to N times as much.
//
// The limit and what is left of it are told by the headers of draft-ietf-httpapi-ratelimit-headers-08.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace ordersaga::gateway {

// Thread-safe.
class ClientRate {
 public:
  // 0: without a limit.
  explicit ClientRate(std::int64_t per_second) : per_second_(static_cast<double>(per_second)) {}

  struct Verdict {
    bool allowed = true;
    std::int64_t left = 0;         // requests that could follow at once
    absl::Duration retry_after{};  // if it is not allowed
  };
  // A request of the client's; `now` is monotonic.
  Verdict Take(const std::string& client, absl::Duration now);

  // For an answer to that request; none without a limit.
  std::vector<std::pair<std::string, std::string>> Headers(const Verdict& verdict) const;

 private:
  struct Bucket {
    double tokens;
    absl::Duration filled;  // when
  };
  // Those that are full are as good as none.
  void Forget(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  double Depth() const { return 2 * per_second_; }

  const double per_second_;
  absl::Mutex mu_;
  absl::flat_hash_map<std::string, Bucket> buckets_ ABSL_GUARDED_BY(mu_);
};

}  // namespace ordersaga::gateway
