// When a loop's next turn may begin. A turn costs about the same however few are in it, so one that had company
// (`company` items or more: others are on their way) is followed by the next no sooner than `apart` after it began, and
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
  // `company`: of 1, every turn keeps the next one off.
  explicit TurnSpacing(absl::Duration apart, std::size_t company = 4) : apart_(apart), company_(company) {}

  void Began(std::size_t items, absl::Duration now) {
    next_ = items < company_ ? -absl::InfiniteDuration() : now + apart_;
  }

  // How long the next turn is to wait; zero: it may begin.
  absl::Duration Wait(absl::Duration now) const { return std::max(next_ - now, absl::ZeroDuration()); }

 private:
  const absl::Duration apart_;
  const std::size_t company_;
  absl::Duration next_ = -absl::InfiniteDuration();
};

}  // namespace ordersaga
