// What systemd hears of the loops that do a process's work, if its unit says WatchdogSec=: that they go on. Of a
// process that falls silent it takes the life, and starts it again. A thread of its own that said so would say it of
// loops that hang, too.
#pragma once

#include "absl/time/time.h"
#include "platform/base/clock.h"

namespace ordersaga {

// One for each loop, on its thread: made before it begins to turn, gone when it ends. The supervisor is told
// ("WATCHDOG=1") once all loops of the process have beaten, in half the time that it waits ($WATCHDOG_USEC). Nothing
// happens if it does not wait.
class Heartbeat {
 public:
  explicit Heartbeat(const Clock& clock);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  // For how long the loop may sleep before it is to beat; infinite if nobody waits.
  absl::Duration Wait() const;
  // In every turn: costs nothing before it is time.
  void Beat();

 private:
  const Clock& clock_;
  const absl::Duration apart_;  // infinite if nobody waits
  absl::Duration next_;         // monotonic
};

}  // namespace ordersaga
