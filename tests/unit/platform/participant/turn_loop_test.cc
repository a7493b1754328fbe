// A loop of turns that hangs is not heard of by the supervisor.
#include "platform/participant/shell/turn_loop.h"

#include "absl/synchronization/notification.h"
#include "tests/unit/platform/runtime/listening_supervisor.h"

namespace ordersaga::participant {
namespace {

TEST(TurnLoopTest, ALoopThatHangsDoesNotBeat) {
  ListeningSupervisor supervisor("@ordersaga-turns-test-" + std::to_string(getpid()), ListeningSupervisor::kPatience);
  absl::Notification frozen;
  absl::Notification go_on;
  const SystemClock clock;
  TurnLoop::Handler handler;
  handler.fail = [&](Item&, const absl::Status&) {
    frozen.Notify();
    go_on.WaitForNotification();
  };
  TurnLoop loop({}, clock, handler);
  ASSERT_TRUE(loop.Start().ok());
  supervisor.ExpectBeats();
  supervisor.ExpectBeats();
  loop.Submit({.request = ActionRequest{}, .deadline = absl::InfinitePast()});
  frozen.WaitForNotification();
  supervisor.ExpectNone();
  go_on.Notify();
  supervisor.ExpectBeats();
}

}  // namespace
}  // namespace ordersaga::participant
