#include "tests/bench/load/record.h"

#include <algorithm>
#include <boost/json.hpp>

namespace ordersaga::bench {
namespace {

double Milliseconds(Moment::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

boost::json::object Percentiles(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    if (values.empty()) return 0.0;
    return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
  };
  return {{"p50", at(0.5)}, {"p99", at(0.99)}, {"p999", at(0.999)}, {"max", values.empty() ? 0.0 : values.back()}};
}

}  // namespace

void Record::Answered(Moment intended, int status, const std::string& order_id) {
  const Moment now = std::chrono::steady_clock::now();
  absl::MutexLock lock(&mu_);
  if (status == 503) ++busy_;
  if (status != 202) {
    if (status != 503) ++failed_;
    return;
  }
  answers_ms_.push_back(Milliseconds(now - intended));
  Order& order = orders_[order_id];
  order.intended = intended;
  order.accepted = true;
  ++accepted_;
  if (order.completed || order.cancelled) ++ended_;
}

bool Record::Event(const std::string& order_id, const std::string& routing_key, std::int64_t sequence) {
  const Moment now = std::chrono::steady_clock::now();
  absl::MutexLock lock(&mu_);
  ++events_;
  Order& order = orders_[order_id];
  if (sequence <= order.sequence) {
    ++repeats_;
    return false;
  }
  if (sequence != order.sequence + 1) ++holes_;
  order.sequence = sequence;
  const bool completed = routing_key == "order.completed";
  if (!completed && routing_key != "order.cancelled") return false;
  (completed ? order.completed : order.cancelled) = true;
  order.ended = now;
  if (order.accepted) ++ended_;
  return true;
}

bool Record::AllEnded() const {
  absl::MutexLock lock(&mu_);
  return ended_ == accepted_;
}

std::string Record::ToJson(double rate, Moment began, Moment last_intended) const {
  absl::MutexLock lock(&mu_);
  std::vector<double> ends_ms;
  std::int64_t completed = 0;
  std::int64_t cancelled = 0;
  std::int64_t in_time = 0;
  Moment last_end = last_intended;
  for (const auto& [id, order] : orders_) {
    if (!order.accepted || !(order.completed || order.cancelled)) continue;
    ++(order.completed ? completed : cancelled);
    ends_ms.push_back(Milliseconds(order.ended - order.intended));
    if (order.ended <= last_intended) ++in_time;
    last_end = std::max(last_end, order.ended);
  }
  const double seconds = Milliseconds(last_intended - began) / 1000;
  return boost::json::serialize(
      boost::json::object{{"offered_per_s", rate},
                          {"seconds", seconds},
                          {"accepted", accepted_},
                          {"busy", busy_},
                          {"failed", failed_},
                          {"completed", completed},
                          {"cancelled", cancelled},
                          {"open", accepted_ - ended_},
                          {"ended_per_s", seconds > 0 ? static_cast<double>(in_time) / seconds : 0},
                          {"drain_s", Milliseconds(last_end - last_intended) / 1000},
                          {"answer_ms", Percentiles(answers_ms_)},
                          {"end_ms", Percentiles(std::move(ends_ms))},
                          {"events", events_},
                          {"repeated_events", repeats_},
                          {"holes", holes_}});
}

}  // namespace ordersaga::bench
