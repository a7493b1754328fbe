// When one order was to be sent, answered and ended, and what a run of them amounts to. Pure.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <vector>

namespace ordersaga::bench {

using Moment = std::chrono::steady_clock::time_point;

struct OrderTimes {
  Moment intended;
  Moment answered;
  Moment decided;  // its status was COMPLETED or CANCELLED, at the latest
  Moment ended;    // its last event was here
  bool accepted = false;
  bool completed = false;
  bool cancelled = false;
  bool hole = false;          // an event came whose predecessor had not
  std::int64_t sequence = 0;  // the highest seen

  bool has_ended() const { return completed || cancelled; }
  bool is_decided() const { return decided != Moment(); }
};

struct Refusal {
  Moment intended;
  bool busy = false;  // told to come again: 503
};

double Milliseconds(Moment::duration duration);

// p50, p99, p999 and max.
boost::json::object Percentiles(std::vector<double> values);

// Second by second from `began`: how many were to be sent, were accepted, refused and ended then, and the latency
// (ms) of those that ended.
class Timeline {
 public:
  explicit Timeline(Moment began) : began_(began) {}
  void Add(const OrderTimes& order);
  void Add(const Refusal& refusal);
  boost::json::object ToJson() const;

 private:
  struct Second {
    int offered = 0;
    int accepted = 0;
    int refused = 0;
    std::vector<double> ended_ms;
  };
  Second& At(Moment moment);

  const Moment began_;
  std::vector<Second> seconds_;
};

}  // namespace ordersaga::bench
