// How fast sagas have been ending lately, and so how long one more would take: what is under way, divided by that rate
// (Little's law, L = lambda W). Loop thread only.
#pragma once

#include <cmath>
#include <cstdint>

#include "absl/time/time.h"

namespace ordersaga::orchestrator {

class Pace {
 public:
  // `count` ended, at `now` (monotonic).
  void Ended(std::int64_t count, absl::Duration now) {
    rate_ = RateAt(now) + static_cast<double>(count) / absl::ToDoubleSeconds(kMemory);
    counted_at_ = now;
  }
  // Until one more has ended, behind those that are under way. A handful is always zero: an idle system has no rate
  // yet.
  absl::Duration Expected(std::int64_t under_way, absl::Duration now) const {
    if (under_way < kHandful) return absl::ZeroDuration();
    const double rate = RateAt(now);
    return rate < 1e-6 ? absl::InfiniteDuration() : absl::Seconds(static_cast<double>(under_way) / rate);
  }

 private:
  static constexpr absl::Duration kMemory = absl::Seconds(1);
  static constexpr std::int64_t kHandful = 32;

  // Per second, weighted by how recent it is: exp(-age / kMemory).
  double RateAt(absl::Duration now) const { return rate_ * std::exp(-absl::FDivDuration(now - counted_at_, kMemory)); }

  double rate_ = 0;
  absl::Duration counted_at_;
};

}  // namespace ordersaga::orchestrator
