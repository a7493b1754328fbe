// What the gateway counts of every answer, and the line it logs of it at level debug.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "platform/http/message.h"
#include "platform/runtime/metrics.h"

namespace ordersaga::gateway {

// Thread-safe.
class RequestMetrics {
 public:
  explicit RequestMetrics(Metrics& metrics);

  void Record(const http::Request& request, const http::Response& response, absl::Duration took);

 private:
  prometheus::Counter& CounterOf(const http::Request& request, int status);

  Metrics& metrics_;
  prometheus::Histogram& durations_;  // streams apart: theirs are as long as their orders
  absl::Mutex mu_;
  std::map<std::tuple<std::string, std::string, int>, prometheus::Counter*> counters_ ABSL_GUARDED_BY(mu_);
};

}  // namespace ordersaga::gateway
