#include "tests/bench/load/order_times.h"

#include <algorithm>

namespace ordersaga::bench {
namespace {

double AtShare(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

}  // namespace

double Milliseconds(Moment::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

boost::json::object Percentiles(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {{"p50", AtShare(values, 0.5)},
          {"p99", AtShare(values, 0.99)},
          {"p999", AtShare(values, 0.999)},
          {"max", values.empty() ? 0.0 : values.back()}};
}

Timeline::Second& Timeline::At(Moment moment) {
  const auto index = std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(moment - began_).count());
  if (seconds_.size() <= static_cast<std::size_t>(index)) seconds_.resize(static_cast<std::size_t>(index) + 1);
  return seconds_[static_cast<std::size_t>(index)];
}

void Timeline::Add(const OrderTimes& order) {
  ++At(order.intended).offered;
  ++At(order.answered).accepted;
  if (order.has_ended()) At(order.ended).ended_ms.push_back(Milliseconds(order.ended - order.intended));
}

void Timeline::Add(const Refusal& refusal) {
  ++At(refusal.intended).offered;
  ++At(refusal.intended).refused;
}

boost::json::object Timeline::ToJson() const {
  boost::json::array offered;
  boost::json::array accepted;
  boost::json::array refused;
  boost::json::array ended;
  boost::json::array p50;
  boost::json::array p99;
  for (const Second& second : seconds_) {
    std::vector<double> sorted = second.ended_ms;
    std::sort(sorted.begin(), sorted.end());
    offered.emplace_back(second.offered);
    accepted.emplace_back(second.accepted);
    refused.emplace_back(second.refused);
    ended.emplace_back(sorted.size());
    p50.emplace_back(AtShare(sorted, 0.5));
    p99.emplace_back(AtShare(sorted, 0.99));
  }
  return {{"offered", offered}, {"accepted", accepted}, {"refused", refused},
          {"ended", ended},     {"p50_ms", p50},        {"p99_ms", p99}};
}

}  // namespace ordersaga::bench
