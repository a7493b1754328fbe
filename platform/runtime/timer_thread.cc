#include "platform/runtime/timer_thread.h"

namespace ordersaga {

absl::Status TimerThread::Start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void TimerThread::Stop() {
  {
    absl::MutexLock lock(&mu_);
    stopped_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void TimerThread::After(absl::Duration wait, std::function<void()> closure) {
  absl::MutexLock lock(&mu_);
  entries_.push({clock_.Monotonic() + wait, ++numbers_, std::move(closure)});
  ++changes_;
}

void TimerThread::Run() {
  absl::MutexLock lock(&mu_);
  while (!stopped_) {
    const absl::Duration wait = entries_.empty() ? absl::InfiniteDuration() : entries_.top().due - clock_.Monotonic();
    if (wait <= absl::ZeroDuration()) {
      const std::function<void()> closure = entries_.top().closure;
      entries_.pop();
      mu_.Unlock();
      closure();
      mu_.Lock();
      continue;
    }
    const std::int64_t seen = changes_;
    const auto woken = [this, seen]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stopped_ || changes_ != seen; };
    mu_.AwaitWithTimeout(absl::Condition(&woken), wait);
  }
}

}  // namespace ordersaga
