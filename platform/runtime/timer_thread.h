// Runs closures later, all on one thread. For waits that must not hold a thread each.
#pragma once

#include <functional>
#include <queue>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "platform/base/clock.h"
#include "platform/runtime/service.h"

namespace ordersaga {

// Thread-safe. Closures must not block.
class TimerThread final : public Service {
 public:
  explicit TimerThread(const Clock& clock) : clock_(clock) {}
  ~TimerThread() override { Stop(); }

  absl::Status Start() override;
  // Drops what is not due yet.
  void Stop() override;

  void After(absl::Duration wait, std::function<void()> closure);

 private:
  struct Entry {
    absl::Duration due;   // monotonic
    std::int64_t number;  // keeps equal times in order
    std::function<void()> closure;
    bool operator<(const Entry& other) const { return std::tie(other.due, other.number) < std::tie(due, number); }
  };
  void Run();

  const Clock& clock_;
  absl::Mutex mu_;
  std::priority_queue<Entry> entries_ ABSL_GUARDED_BY(mu_);
  std::int64_t numbers_ ABSL_GUARDED_BY(mu_) = 0;
  std::int64_t changes_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace ordersaga
