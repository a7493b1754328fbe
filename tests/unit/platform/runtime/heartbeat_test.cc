#include "platform/runtime/heartbeat.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/unit/platform/runtime/listening_supervisor.h"

namespace ordersaga {
namespace {

constexpr char kBeat[] = "WATCHDOG=1";

class StillClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch() + elapsed; }
  absl::Duration Monotonic() const override { return elapsed; }
  absl::Duration elapsed;
};

class HeartbeatTest : public ::testing::Test {
 protected:
  static std::string Name() { return "@ordersaga-heartbeat-test-" + std::to_string(getpid()); }
  StillClock clock_;
};

TEST_F(HeartbeatTest, IsHeardInHalfTheTimeThatTheSupervisorWaits) {
  ListeningSupervisor supervisor(Name(), absl::Seconds(30));
  Heartbeat loop(clock_);
  loop.Beat();
  EXPECT_EQ(supervisor.Heard(), kBeat);
  EXPECT_EQ(loop.Wait(), absl::Seconds(15));
  clock_.elapsed += absl::Seconds(14);
  loop.Beat();
  EXPECT_EQ(supervisor.Heard(), "");
  EXPECT_EQ(loop.Wait(), absl::Seconds(1));
  clock_.elapsed += absl::Seconds(1);
  loop.Beat();
  EXPECT_EQ(supervisor.Heard(), kBeat);
}

TEST_F(HeartbeatTest, OneLoopThatHangsIsNotCoveredByTheOthers) {
  ListeningSupervisor supervisor(Name(), absl::Seconds(30));
  Heartbeat goes_on(clock_);
  std::optional<Heartbeat> hangs(clock_);
  hangs->Beat();
  goes_on.Beat();
  EXPECT_EQ(supervisor.Heard(), kBeat);
  for (int turn = 0; turn < 10; ++turn) {
    clock_.elapsed += absl::Seconds(15);
    goes_on.Beat();
    EXPECT_EQ(supervisor.Heard(), "");
  }
  hangs.reset();  // it has ended: nobody waits for it any more
  EXPECT_EQ(supervisor.Heard(), kBeat);
}

TEST_F(HeartbeatTest, NobodyWaits) {
  ListeningSupervisor supervisor(Name());
  Heartbeat loop(clock_);
  EXPECT_EQ(loop.Wait(), absl::InfiniteDuration());
  loop.Beat();
  EXPECT_EQ(supervisor.Heard(), "");
}

TEST_F(HeartbeatTest, AnotherProcessIsWaitedFor) {
  ListeningSupervisor supervisor(Name(), absl::Seconds(30));
  setenv("WATCHDOG_PID", "1", 1);  // NOLINT(concurrency-mt-unsafe)
  Heartbeat loop(clock_);
  loop.Beat();
  EXPECT_EQ(supervisor.Heard(), "");
}

}  // namespace
}  // namespace ordersaga
