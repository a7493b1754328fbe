// One thread watches all calls of the process. It sleeps until the earliest end it has seen, whether that call is over
// by then or not; only an earlier end wakes it. So a call that is over in time costs no switch of threads.
#include "platform/runtime/watchdog.h"

#include <sys/socket.h>

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "platform/base/clock.h"

namespace ordersaga {

class Watchdog {
 public:
  static Watchdog& OfProcess() {
    static Watchdog watchdog;
    return watchdog;
  }
  ~Watchdog() {
    {
      absl::MutexLock lock(&mu_);
      stopped_ = true;
    }
    thread_.join();
  }

  void Add(WatchedCall& call, absl::Duration limit) {
    absl::MutexLock lock(&mu_);
    call.place_ = calls_.emplace(clock_.Monotonic() + limit, &call);
  }
  void Remove(const WatchedCall& call) {
    absl::MutexLock lock(&mu_);
    if (!call.cut_) calls_.erase(call.place_);
  }
  bool Cut(const WatchedCall& call) {
    absl::MutexLock lock(&mu_);
    return call.cut_;
  }

 private:
  void Run() {
    absl::MutexLock lock(&mu_);
    while (!stopped_) {
      const absl::Duration now = clock_.Monotonic();
      for (; Earliest() <= now; calls_.erase(calls_.begin())) {
        WatchedCall& late = *calls_.begin()->second;
        shutdown(late.socket_, SHUT_RDWR);
        late.cut_ = true;
      }
      const absl::Duration next = Earliest();
      const auto wakes = [this, next]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stopped_ || Earliest() < next; };
      mu_.AwaitWithTimeout(absl::Condition(&wakes), next - now);
    }
  }
  absl::Duration Earliest() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return calls_.empty() ? absl::InfiniteDuration() : calls_.begin()->first;
  }

  const SystemClock clock_;
  absl::Mutex mu_;
  std::multimap<absl::Duration, WatchedCall*> calls_ ABSL_GUARDED_BY(mu_);
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_{[this] { Run(); }};  // last: it uses the others
};

WatchedCall::WatchedCall(int socket, absl::Duration limit) : socket_(socket) {
  if (socket_ >= 0) Watchdog::OfProcess().Add(*this, limit);
}

WatchedCall::~WatchedCall() {
  if (socket_ >= 0) Watchdog::OfProcess().Remove(*this);
}

bool WatchedCall::cut() const {
  return socket_ >= 0 && Watchdog::OfProcess().Cut(*this);
}

}  // namespace ordersaga
