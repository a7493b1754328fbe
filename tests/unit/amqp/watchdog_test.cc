#include "platform/amqp/watchdog.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace ordersaga::amqp {
namespace {

TEST(WatchdogTest, FreesACallThatHangsOnTheSocket) {
  std::array<int, 2> pair{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
  const SystemClock clock;
  {
    Watchdog watchdog(clock, absl::Milliseconds(40));
    const Watchdog::Scope scope(watchdog, pair[0]);
    char byte = 0;
    EXPECT_EQ(read(pair[0], &byte, 1), 0);  // nobody ever writes: only the watchdog ends this
  }
  close(pair[0]);
  close(pair[1]);
}

TEST(WatchdogTest, LeavesTheSocketAloneOnceTheCallIsOver) {
  std::array<int, 2> pair{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
  std::array<int, 2> other{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, other.data()), 0);
  const SystemClock clock;
  {
    Watchdog watchdog(clock, absl::Milliseconds(20));
    { const Watchdog::Scope scope(watchdog, pair[0]); }
    // By the time the watchdog has cut a later call it has had its chance to cut the earlier one,
    // too.
    const Watchdog::Scope scope(watchdog, other[0]);
    char byte = 0;
    EXPECT_EQ(read(other[0], &byte, 1), 0);
  }
  char byte = 'x';
  EXPECT_EQ(write(pair[1], &byte, 1), 1);
  EXPECT_EQ(read(pair[0], &byte, 1), 1);
  for (const int fd : {pair[0], pair[1], other[0], other[1]}) close(fd);
}

}  // namespace
}  // namespace ordersaga::amqp
