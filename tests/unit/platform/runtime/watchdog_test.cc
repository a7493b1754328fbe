#include "platform/runtime/watchdog.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace ordersaga {
namespace {

class WatchdogTest : public ::testing::Test {
 protected:
  WatchdogTest() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ours.data()), 0);
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, others.data()), 0);
  }
  ~WatchdogTest() override {
    for (const int fd : {ours[0], ours[1], others[0], others[1]}) close(fd);
  }
  // Nobody ever writes: only the watchdog ends this.
  static void Hang(int socket) {
    char byte = 0;
    EXPECT_EQ(read(socket, &byte, 1), 0);
  }

  std::array<int, 2> ours{};
  std::array<int, 2> others{};
};

TEST_F(WatchdogTest, FreesACallThatHangsOnTheSocket) {
  const WatchedCall call(ours[0], absl::Milliseconds(40));
  EXPECT_FALSE(call.cut());
  Hang(ours[0]);
  EXPECT_TRUE(call.cut());
}

TEST_F(WatchdogTest, AShorterLimitIsNotHeldUpByALongerOne) {
  const WatchedCall longer(others[0], absl::Hours(1));
  const WatchedCall call(ours[0], absl::Milliseconds(20));
  Hang(ours[0]);
  EXPECT_FALSE(longer.cut());
}

TEST_F(WatchdogTest, LeavesTheSocketAloneOnceTheCallIsOver) {
  { const WatchedCall call(ours[0], absl::Milliseconds(20)); }
  // By the time the watchdog has cut a later call it has had its chance to cut the earlier one, too.
  const WatchedCall later(others[0], absl::Milliseconds(20));
  Hang(others[0]);
  char byte = 'x';
  EXPECT_EQ(write(ours[1], &byte, 1), 1);
  EXPECT_EQ(read(ours[0], &byte, 1), 1);
}

TEST_F(WatchdogTest, ACallWithoutASocketIsNotWatched) {
  EXPECT_FALSE(WatchedCall(-1, absl::ZeroDuration()).cut());
}

}  // namespace
}  // namespace ordersaga
