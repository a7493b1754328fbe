// Cuts a socket on which a library call hangs.
//
// rabbitmq-c's amqp_basic_publish has no time limit: when the broker blocks publishers (memory or
// disk alarm) it waits for ever. shutdown() from another thread is what frees it; the call then
// fails like any broken connection.
#pragma once

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "platform/base/clock.h"

namespace ordersaga::amqp {

// Owns a thread for as long as it lives. One socket is watched at a time.
class Watchdog {
 public:
  // A call may last up to a quarter longer than `limit` before it is cut. `clock` must outlive
  // this.
  Watchdog(const Clock& clock, absl::Duration limit);
  ~Watchdog();

  // Put one around every library call that may block. The socket must stay open for the scope's
  // life.
  class Scope {
   public:
    Scope(Watchdog& watchdog, int socket) : watchdog_(watchdog) { watchdog_.Watch(socket); }
    ~Scope() { watchdog_.Watch(kNothing); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Watchdog& watchdog_;
  };

 private:
  static constexpr int kNothing = -1;

  void Watch(int socket);
  void Run();

  const Clock& clock_;
  const absl::Duration limit_;
  absl::Mutex mu_;
  int socket_ ABSL_GUARDED_BY(mu_) = kNothing;
  absl::Duration since_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace ordersaga::amqp
