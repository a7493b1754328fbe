// What became of every order, told by the HTTP answers and by the events. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "tests/bench/load/order_times.h"

namespace ordersaga::bench {

class Record {
 public:
  // An answer to a request that was to be sent at `intended`. status 0: no answer. `order_id` may be empty unless the
  // order was accepted (202, or 200 for one that had ended).
  void Answered(Moment intended, int status, const std::string& order_id);
  // An event. True: it is this order's last, seen for the first time.
  bool Event(std::string_view order_id, std::string_view routing_key, std::int64_t sequence);

  bool AllEnded() const;  // of those accepted
  // One JSON object; `began` in seconds of the monotonic clock. Figures are of the requests that were to be sent from
  // `from` to `until`, and of what ended then; the counts of orders, events and holes are of everything.
  std::string ToJson(double rate, Moment began, Moment from, Moment until) const;

 private:
  mutable absl::Mutex mu_;
  absl::flat_hash_map<std::string, OrderTimes> orders_ ABSL_GUARDED_BY(mu_);
  std::vector<Refusal> refusals_ ABSL_GUARDED_BY(mu_);
  std::int64_t accepted_ ABSL_GUARDED_BY(mu_) = 0;
  std::int64_t ended_ ABSL_GUARDED_BY(mu_) = 0;  // of those accepted
  std::int64_t events_ ABSL_GUARDED_BY(mu_) = 0;
  std::int64_t repeats_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace ordersaga::bench
