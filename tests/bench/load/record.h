// What became of every order, told by the HTTP answers and by the events. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace ordersaga::bench {

using Moment = std::chrono::steady_clock::time_point;

class Record {
 public:
  // An answer to a request that was to be sent at `intended`. status 0: no answer.
  void Answered(Moment intended, int status, const std::string& order_id);
  // An event. True: it is this order's last.
  bool Event(const std::string& order_id, const std::string& routing_key, std::int64_t sequence);

  bool AllEnded() const;  // of those accepted
  // One JSON object.
  std::string ToJson(double rate, Moment began, Moment last_intended) const;

 private:
  struct Order {
    Moment intended;
    Moment ended;
    bool accepted = false;
    bool completed = false;
    bool cancelled = false;
    std::int64_t sequence = 0;  // the highest seen
  };
  struct Sums;

  mutable absl::Mutex mu_;
  absl::flat_hash_map<std::string, Order> orders_ ABSL_GUARDED_BY(mu_);
  std::vector<double> answers_ms_ ABSL_GUARDED_BY(mu_);
  std::int64_t accepted_ ABSL_GUARDED_BY(mu_) = 0;
  std::int64_t ended_ ABSL_GUARDED_BY(mu_) = 0;  // of those accepted
  std::int64_t busy_ ABSL_GUARDED_BY(mu_) = 0;
  std::int64_t failed_ ABSL_GUARDED_BY(mu_) = 0;
  std::int64_t events_ ABSL_GUARDED_BY(mu_) = 0;
  std::int64_t repeats_ ABSL_GUARDED_BY(mu_) = 0;
  std::int64_t holes_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace ordersaga::bench
