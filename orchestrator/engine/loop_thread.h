// The thread that runs an Engine: waits for something to be posted or to fall due, steps, again.
#pragma once

#include <thread>

#include "absl/time/time.h"
#include "orchestrator/engine/engine.h"
#include "platform/runtime/service.h"

namespace ordersaga::orchestrator {

class LoopThread final : public Service {
 public:
  // `patience`: how long Drain waits for turns and events under way. `clock` must outlive the thread.
  LoopThread(Engine& engine, absl::Duration patience, const Clock& clock)
      : engine_(engine), patience_(patience), clock_(clock) {}
  ~LoopThread() override { Stop(); }

  absl::Status Start() override;
  // Gives the shards back, so that another replica can go on at once.
  void Drain() override;
  void Stop() override;

 private:
  Engine& engine_;
  const absl::Duration patience_;
  const Clock& clock_;
  std::thread thread_;
};

}  // namespace ordersaga::orchestrator
