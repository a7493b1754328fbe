// Tells many watchers what happens to their orders: one query for all of them, again and again while anyone watches.
// Reads what is stored, so it serves the orders of every replica.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "orchestrator/ports/saga_reader.h"
#include "platform/runtime/timer_thread.h"

namespace ordersaga::orchestrator {

// Thread-safe.
class OrderWatcher final : public Service {
 public:
  // New entries, ascending, never empty; or UNAVAILABLE once, when the process stops: nothing follows that. Runs on the
  // reader's threads and must not block. May still be running, or be about to, when Unwatch returns.
  using Told = std::function<void(const absl::StatusOr<std::vector<JournalEntry>>&)>;

  // `interval` is between queries; under load they take at most a tenth of the time.
  OrderWatcher(SagaReader& reader, absl::Duration interval, const Clock& clock);

  absl::Status Start() override { return timers_.Start(); }
  // Sends every watcher away.
  void Drain() override;
  void Stop() override { timers_.Stop(); }

  // Returns the watch's number, for Unwatch.
  std::int64_t Watch(JournalPosition from, Told told);
  void Unwatch(std::int64_t number);

 private:
  struct Entry {
    JournalPosition position;
    Told told;
  };
  void ReadIn(absl::Duration wait);
  void Read();
  void Tell(const std::vector<JournalRecord>& records);

  SagaReader& reader_;
  const absl::Duration interval_;
  const Clock& clock_;
  absl::Mutex mu_;
  std::map<std::int64_t, Entry> watches_ ABSL_GUARDED_BY(mu_);
  std::int64_t numbers_ ABSL_GUARDED_BY(mu_) = 0;
  bool reading_ ABSL_GUARDED_BY(mu_) = false;  // a query is under way or will be
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  TimerThread timers_;
};

}  // namespace ordersaga::orchestrator
