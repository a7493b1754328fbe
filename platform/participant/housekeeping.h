// What a participant tidies up by itself: tombstones that nothing can meet any more.
#pragma once

#include "platform/participant/effect_store.h"
#include "platform/runtime/timer_thread.h"

namespace ordersaga::participant {

// Every few minutes, on a thread and connection of its own. A database that is away is tried again the next time.
class Housekeeping final : public Service {
 public:
  Housekeeping(pg::SessionOptions options, const Clock& clock) : session_(std::move(options)), timers_(clock) {}
  ~Housekeeping() override { Stop(); }

  absl::Status Start() override;
  void Stop() override { timers_.Stop(); }

 private:
  void Purge();

  const EffectStore effects_;
  pg::Session session_;
  TimerThread timers_;
};

}  // namespace ordersaga::participant
