// The engine's loop that hangs is not heard of by the supervisor.
#include "orchestrator/engine/loop_thread.h"

#include "absl/synchronization/notification.h"
#include "tests/unit/orchestrator/engine/engine_fixture.h"
#include "tests/unit/platform/runtime/listening_supervisor.h"

namespace ordersaga::orchestrator {
namespace {

TEST_F(EngineTest, ALoopThatHangsDoesNotBeat) {
  Start(Options());
  ListeningSupervisor supervisor("@ordersaga-loop-test-" + std::to_string(getpid()), ListeningSupervisor::kPatience);
  absl::Notification frozen;
  absl::Notification go_on;
  const SystemClock system;
  LoopThread loop(*engine, absl::ZeroDuration(), system);
  ASSERT_TRUE(loop.Start().ok());
  supervisor.ExpectBeats();
  supervisor.ExpectBeats();
  engine->mailbox().Post([&] {
    frozen.Notify();
    go_on.WaitForNotification();
  });
  frozen.WaitForNotification();
  supervisor.ExpectNone();
  go_on.Notify();
  supervisor.ExpectBeats();
  loop.Stop();
}

}  // namespace
}  // namespace ordersaga::orchestrator
