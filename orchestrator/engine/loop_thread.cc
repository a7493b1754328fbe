#include "orchestrator/engine/loop_thread.h"

#include <algorithm>

#include "absl/synchronization/notification.h"
#include "platform/runtime/heartbeat.h"

namespace ordersaga::orchestrator {

absl::Status LoopThread::Start() {
  if (thread_.joinable()) return absl::OkStatus();
  thread_ = std::thread([this] {
    Heartbeat heartbeat(clock_);
    absl::Duration wait;
    while (!engine_.mailbox().closed()) {
      heartbeat.Beat();
      wait = engine_.Step(engine_.mailbox().Drain(std::min(wait, heartbeat.Wait()), engine_.wants_inputs()));
    }
  });
  return absl::OkStatus();
}

void LoopThread::Drain() {
  if (!thread_.joinable() || engine_.mailbox().closed()) return;
  auto drained = std::make_shared<absl::Notification>();
  engine_.Drain(patience_, [drained] { drained->Notify(); });
  // A little more than the engine's own patience: its last word is one round trip to the database.
  drained->WaitForNotificationWithTimeout(patience_ + absl::Seconds(2));
}

void LoopThread::Stop() {
  engine_.mailbox().Close();
  if (thread_.joinable()) thread_.join();
}

}  // namespace ordersaga::orchestrator
