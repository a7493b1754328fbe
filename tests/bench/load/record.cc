#include "tests/bench/load/record.h"

#include <algorithm>
#include <utility>

namespace ordersaga::bench {

void Record::Answered(Moment intended, int status, const std::string& order_id) {
  const Moment now = std::chrono::steady_clock::now();
  absl::MutexLock lock(&mu_);
  if ((status != 202 && status != 200) || order_id.empty()) {
    refusals_.push_back({intended, status == 503});
    return;
  }
  OrderTimes& order = orders_[order_id];
  order.intended = intended;
  order.answered = now;
  order.accepted = true;
  ++accepted_;
  if (order.has_ended()) ++ended_;
}

bool Record::Event(std::string_view order_id, std::string_view routing_key, std::int64_t sequence) {
  const Moment now = std::chrono::steady_clock::now();
  absl::MutexLock lock(&mu_);
  ++events_;
  OrderTimes& order = orders_[std::string(order_id)];
  if (sequence <= order.sequence) {
    ++repeats_;
    return false;
  }
  if (sequence != order.sequence + 1) order.hole = true;
  order.sequence = sequence;
  const bool completed = routing_key == "order.completed";
  // One commit makes an order COMPLETED and stores both this event and order.completed.
  if (!order.is_decided() && (completed || routing_key == "inventory.successful")) order.decided = now;
  if (!completed && routing_key != "order.cancelled") return false;
  (completed ? order.completed : order.cancelled) = true;
  order.ended = now;
  if (!order.is_decided()) order.decided = now;
  if (order.accepted) ++ended_;
  return true;
}

bool Record::AllEnded() const {
  absl::MutexLock lock(&mu_);
  return ended_ == accepted_;
}

std::string Record::ToJson(double rate, Moment began, Moment from, Moment until) const {
  absl::MutexLock lock(&mu_);
  Timeline timeline(began);
  std::vector<double> answers_ms;
  std::vector<double> decisions_ms;
  std::vector<double> ends_ms;
  std::int64_t completed = 0;
  std::int64_t cancelled = 0;
  std::int64_t holes = 0;
  std::int64_t in_time = 0;
  Moment last_end = until;
  for (const auto& [id, order] : orders_) {
    if (!order.accepted) continue;  // of another run, or one whose client was told to come again
    timeline.Add(order);
    completed += order.completed ? 1 : 0;
    cancelled += order.cancelled ? 1 : 0;
    holes += order.hole ? 1 : 0;
    if (order.has_ended()) {
      in_time += order.ended >= from && order.ended <= until ? 1 : 0;
      last_end = std::max(last_end, order.ended);
    }
    if (order.intended < from || order.intended > until) continue;
    answers_ms.push_back(Milliseconds(order.answered - order.intended));
    if (order.is_decided()) decisions_ms.push_back(Milliseconds(order.decided - order.intended));
    if (order.has_ended()) ends_ms.push_back(Milliseconds(order.ended - order.intended));
  }
  std::int64_t busy = 0;
  std::int64_t failed = 0;
  for (const Refusal& refusal : refusals_) {
    timeline.Add(refusal);
    if (refusal.intended >= from && refusal.intended <= until) ++(refusal.busy ? busy : failed);
  }
  const double seconds = Milliseconds(until - from) / 1000;
  return boost::json::serialize(
      boost::json::object{{"began", Milliseconds(began.time_since_epoch()) / 1000},
                          {"offered_per_s", rate},
                          {"seconds", seconds},
                          {"accepted", accepted_},
                          {"busy", busy},
                          {"failed", failed},
                          {"completed", completed},
                          {"cancelled", cancelled},
                          {"open", accepted_ - ended_},
                          {"ended_per_s", seconds > 0 ? static_cast<double>(in_time) / seconds : 0},
                          {"drain_s", Milliseconds(last_end - until) / 1000},
                          {"answer_ms", Percentiles(std::move(answers_ms))},
                          {"decided_ms", Percentiles(std::move(decisions_ms))},
                          {"end_ms", Percentiles(std::move(ends_ms))},
                          {"events", events_},
                          {"repeated_events", repeats_},
                          {"holes", holes},
                          {"timeline", timeline.ToJson()}});
}

}  // namespace ordersaga::bench
