// Exponential back-off with full jitter and a cap. Pure: chance comes in as a fraction.
// Rule: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 (full jitter).
#pragma once

#include "absl/time/time.h"

namespace ordersaga {

struct Backoff {
  absl::Duration initial = absl::Milliseconds(200);
  absl::Duration cap = absl::Seconds(30);
  double factor = 2.0;

  // The wait after failed attempt number `attempt` (from 1): `jitter` in [0,1) times the exponential bound, and
  // never below a tenth of it, so that a run of small draws cannot become a busy loop.
  absl::Duration Delay(int attempt, double jitter) const;
};

}  // namespace ordersaga
