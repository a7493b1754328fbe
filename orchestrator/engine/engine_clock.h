// The engine's now: the database's clock as read at the latest lease renewal, carried on by the local monotonic clock.
// All owners so agree on deadlines, whatever their own clocks say. Used by the loop only.
#pragma once

#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include "platform/base/clock.h"

namespace ordersaga::orchestrator {

class EngineClock {
 public:
  explicit EngineClock(const Clock& clock) : clock_(clock), base_(clock.Now() - clock.Monotonic()) {}

  // `database_now` was true at some moment between `asked` (monotonic) and now; the latest is assumed, so that the
  // engine never runs ahead of the database.
  void Adjust(absl::Time database_now) {
    base_ = database_now - clock_.Monotonic();
    // What the local wall clock said before the database was first heard counts for nothing; no shard was held by then.
    if (!std::exchange(adjusted_, true)) last_ = absl::InfinitePast();
  }

  // Never goes back.
  absl::Time Now() {
    last_ = std::max(last_, base_ + clock_.Monotonic());
    return last_;
  }

  // As Now(), without taking note.
  absl::Time Peek() const { return std::max(last_, base_ + clock_.Monotonic()); }

  absl::Duration Monotonic() const { return clock_.Monotonic(); }

 private:
  const Clock& clock_;
  absl::Time base_;
  absl::Time last_ = absl::InfinitePast();
  bool adjusted_ = false;
};

}  // namespace ordersaga::orchestrator
