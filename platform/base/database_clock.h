// A database's clock as one process believes it: read now and then, carried on by the local monotonic clock in between.
// So all processes of one database agree on time, whatever their own wall clocks say.
//
// A database's clock may jump: after a failover another machine's counts. What is read then is not believed at once. Up
// to `tolerance` away from what was expected, it is followed slowly (a hundredth of the time that passes), so that
// nothing falls due at once and nothing stops; further away it is not followed at all, and offset() tells how far it
// is.
//
// Adjust and Now are for one thread; offset() for any.
#pragma once

#include <algorithm>
#include <atomic>

#include "absl/time/time.h"
#include "platform/base/clock.h"

namespace ordersaga {

class DatabaseClock {
 public:
  DatabaseClock(const Clock& clock, absl::Duration tolerance)
      : clock_(clock), tolerance_(tolerance), base_(clock.Now() - clock.Monotonic()) {}

  // `read`: what the database's clock said at some moment since the request was sent. That it is a little old does not
  // matter: the offset it seems to have is followed slowly, and shrinks with the next answer.
  void Adjust(absl::Time read) {
    const absl::Duration monotonic = clock_.Monotonic();
    const absl::Time base = read - monotonic;
    if (!adjusted_) {
      // What the local wall clock said before the database was first heard counts for nothing.
      adjusted_ = true;
      base_ = base;
      last_ = absl::InfinitePast();
    }
    const absl::Duration offset = base - base_;
    offset_us_ = absl::ToInt64Microseconds(offset);
    const absl::Duration most = (monotonic - adjusted_at_) * kSlew;
    adjusted_at_ = monotonic;
    if (absl::AbsDuration(offset) <= tolerance_) base_ += std::clamp(offset, -most, most);
  }

  // The time of a moment at which the database's clock said `read`.
  absl::Time Read(absl::Time read) {
    Adjust(read);
    return Now();
  }

  // Never goes back.
  absl::Time Now() {
    last_ = Peek();
    return last_;
  }

  // As Now(), without taking note.
  absl::Time Peek() const { return std::max(last_, base_ + clock_.Monotonic()); }

  absl::Duration Monotonic() const { return clock_.Monotonic(); }

  // How far ahead the database's clock was when it was last read; negative: behind.
  absl::Duration offset() const { return absl::Microseconds(offset_us_.load()); }
  bool in_step() const { return absl::AbsDuration(offset()) <= tolerance_; }

 private:
  static constexpr double kSlew = 0.01;

  const Clock& clock_;
  const absl::Duration tolerance_;
  absl::Time base_;
  absl::Time last_ = absl::InfinitePast();
  bool adjusted_ = false;
  absl::Duration adjusted_at_;
  std::atomic<std::int64_t> offset_us_{0};
};

}  // namespace ordersaga
