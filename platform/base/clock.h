// Time as an argument. A Clock is made in main() and handed down; tests and the simulator hand down their own.
#pragma once

#include "absl/time/time.h"

namespace ordersaga {

// Thread-safe. Only SystemClock (clock.cc) reads the real clock; tests/tidy enforces it.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall time, for display and for what is stored. May jump.
  virtual absl::Time Now() const = 0;

  // Time since some fixed moment; never goes back. For measuring and for local timers.
  virtual absl::Duration Monotonic() const = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
  absl::Duration Monotonic() const override;
};

}  // namespace ordersaga
