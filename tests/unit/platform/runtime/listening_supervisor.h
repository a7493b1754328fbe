// Hears what this process says, as systemd does.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <string>

#include "absl/time/time.h"
#include "platform/runtime/supervisor.h"

namespace ordersaga {

class ListeningSupervisor {
 public:
  // At a socket in a folder, or at one without a file ("@name"). If it has patience, it waits for heartbeats.
  explicit ListeningSupervisor(const std::string& name, absl::Duration patience = absl::ZeroDuration())
      : socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    unlink(name.c_str());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address), length), 0);
    setenv("NOTIFY_SOCKET", name.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    if (patience == absl::ZeroDuration()) return;
    setenv("WATCHDOG_USEC", std::to_string(absl::ToInt64Microseconds(patience)).c_str(), 1);  // NOLINT
    setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);                              // NOLINT
  }
  ~ListeningSupervisor() {
    close(socket_);
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);  // NOLINT
  }
  ListeningSupervisor(const ListeningSupervisor&) = delete;
  ListeningSupervisor& operator=(const ListeningSupervisor&) = delete;

  // What was said next; empty if nothing is within that time.
  std::string Heard(absl::Duration within = absl::ZeroDuration()) {
    pollfd news{.fd = socket_, .events = POLLIN, .revents = 0};
    poll(&news, 1, static_cast<int>(absl::ToInt64Milliseconds(within)));
    char text[100];
    const ssize_t bytes = recv(socket_, text, sizeof text, 0);
    return bytes < 0 ? "" : std::string(text, static_cast<std::size_t>(bytes));
  }
  // That the loops of this process beat, or have ceased to, if it has this patience.
  static constexpr absl::Duration kPatience = absl::Milliseconds(100);
  void ExpectBeats() { EXPECT_EQ(Heard(absl::Seconds(20)), "WATCHDOG=1"); }
  void ExpectNone() {
    while (!Heard().empty()) {  // from before
    }
    EXPECT_EQ(Heard(3 * kPatience), "");
  }

 private:
  const int socket_;
};

}  // namespace ordersaga
