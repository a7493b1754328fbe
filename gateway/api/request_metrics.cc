#include "gateway/api/request_metrics.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "platform/runtime/log.h"

namespace ordersaga::gateway {
namespace {

constexpr std::array<std::string_view, 7> kMethods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

// Clients can invent any number of methods, but not of labels.
std::string MethodLabel(const std::string& method) {
  for (const std::string_view known : kMethods) {
    if (method == known) return method;
  }
  return "other";
}

}  // namespace

RequestMetrics::RequestMetrics(Metrics& metrics)
    : metrics_(metrics),
      durations_(metrics.Histogram("ordersaga_http_request_duration_seconds", "Time to answer", DurationBuckets())) {}

prometheus::Counter& RequestMetrics::CounterOf(const http::Request& request, int status) {
  const std::string route = request.route.empty() ? "none" : request.route;
  const std::string method = MethodLabel(request.method);
  absl::MutexLock lock(&mu_);
  prometheus::Counter*& counter = counters_[{method, route, status}];
  if (counter == nullptr) {
    counter = &metrics_.Counter("ordersaga_http_requests_total", "Answers given",
                                {{"method", method}, {"route", route}, {"code", std::to_string(status)}});
  }
  return *counter;
}

void RequestMetrics::Record(const http::Request& request, const http::Response& response, absl::Duration took) {
  CounterOf(request, response.status).Increment();
  if (response.stream == nullptr) durations_.Observe(absl::ToDoubleSeconds(took));
  LogDebug("request", {{"method", request.method},
                       {"route", request.route},
                       {"status", std::to_string(response.status)},
                       {"ms", fmt::format("{:.1f}", absl::ToDoubleMilliseconds(took))},
                       {"request_id", request.request_id}});
}

}  // namespace ordersaga::gateway
