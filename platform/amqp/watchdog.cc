#include "platform/amqp/watchdog.h"

#include <sys/socket.h>

namespace ordersaga::amqp {

Watchdog::Watchdog(const Clock& clock, absl::Duration limit)
    : clock_(clock), limit_(limit), thread_([this] { Run(); }) {}

Watchdog::~Watchdog() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.join();
}

void Watchdog::Watch(int socket) {
  absl::MutexLock lock(&mu_);
  socket_ = socket;
  since_ = clock_.Monotonic();
}

void Watchdog::Run() {
  absl::MutexLock lock(&mu_);
  while (!mu_.AwaitWithTimeout(absl::Condition(&stopping_), limit_ / 4)) {
    if (socket_ == kNothing || clock_.Monotonic() - since_ < limit_) continue;
    shutdown(socket_, SHUT_RDWR);
    socket_ = kNothing;
  }
}

}  // namespace ordersaga::amqp
