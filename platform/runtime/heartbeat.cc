#include "platform/runtime/heartbeat.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/numbers.h"
#include "absl/synchronization/mutex.h"
#include "platform/runtime/supervisor.h"

namespace ordersaga {
namespace {

// Nobody writes the environment once threads exist.
std::string Variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? "" : value;
}

absl::Duration HalfOfItsPatience() {
  const std::string process = Variable("WATCHDOG_PID");
  std::int64_t patience = 0;
  const bool waits = absl::SimpleAtoi(Variable("WATCHDOG_USEC"), &patience) && patience > 0 &&
                     (process.empty() || process == std::to_string(getpid()));
  return waits ? absl::Microseconds(patience) / 2 : absl::InfiniteDuration();
}

// The loops of the process that beat, and which of them have since the supervisor was last told.
class Loops {
 public:
  static Loops& OfProcess() {
    static Loops loops;
    return loops;
  }
  void Add(const Heartbeat& loop) {
    absl::MutexLock lock(&mu_);
    beaten_[&loop] = false;
  }
  void Remove(const Heartbeat& loop) {
    absl::MutexLock lock(&mu_);
    beaten_.erase(&loop);
    TellIfAllHave();
  }
  void Beat(const Heartbeat& loop) {
    absl::MutexLock lock(&mu_);
    beaten_[&loop] = true;
    TellIfAllHave();
  }

 private:
  void TellIfAllHave() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const auto has = [](const auto& loop) { return loop.second; };
    if (beaten_.empty() || !std::all_of(beaten_.begin(), beaten_.end(), has)) return;
    TellSupervisor("WATCHDOG=1");
    for (auto& [loop, beaten] : beaten_) beaten = false;
  }

  absl::Mutex mu_;
  std::map<const Heartbeat*, bool> beaten_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

Heartbeat::Heartbeat(const Clock& clock)
    : clock_(clock),
      apart_(HalfOfItsPatience()),
      next_(apart_ == absl::InfiniteDuration() ? apart_ : clock.Monotonic()) {
  if (apart_ < absl::InfiniteDuration()) Loops::OfProcess().Add(*this);
}

Heartbeat::~Heartbeat() {
  if (apart_ < absl::InfiniteDuration()) Loops::OfProcess().Remove(*this);
}

absl::Duration Heartbeat::Wait() const {
  if (next_ == absl::InfiniteDuration()) return next_;
  return std::max(next_ - clock_.Monotonic(), absl::ZeroDuration());
}

void Heartbeat::Beat() {
  if (next_ == absl::InfiniteDuration()) return;
  const absl::Duration now = clock_.Monotonic();
  if (now < next_) return;
  next_ = now + apart_;
  Loops::OfProcess().Beat(*this);
}

}  // namespace ordersaga
