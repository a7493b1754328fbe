// When a loop's next turn may begin. A turn costs about the same however few are in it, so one that had company
// (kCompany items or more: others are on their way) is followed by the next no sooner than `apart` after it began, and
// what arrives meanwhile shares that one. A loop whose turns are smaller begins at once: nothing waits in a system that
// is idle.
//
// The rule is that of PostgreSQL's commit_delay with its commit_siblings; what it brings: docs/adr/0013.
//
// Used by the loop's thread only. Times are monotonic.
#pragma once

#include <algorithm>
#include <cstddef>

#include "absl/time/time.h"

namespace ordersaga {

class TurnSpacing {
 public:
  explicit TurnSpacing(absl::Duration apart) : apart_(apart) {}

  void Began(std::size_t items, absl::Duration now) {
    next_ = items < kCompany ? -absl::InfiniteDuration() : now + apart_;
  }

  // How long the next turn is to wait; zero: it may begin.
  absl::Duration Wait(absl::Duration now) const { return std::max(next_ - now, absl::ZeroDuration()); }

 private:
  static constexpr std::size_t kCompany = 4;

  const absl::Duration apart_;
  absl::Duration next_ = -absl::InfiniteDuration();
};

}  // namespace ordersaga
