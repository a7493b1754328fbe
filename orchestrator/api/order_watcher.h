// Tells many watchers what happens to their orders. What this replica's own engine commits it hears from it at once;
// for the rest (orders of other replicas, what was missed) there is one query for all of them, again and again while
// anyone watches.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "orchestrator/ports/saga_reader.h"
#include "platform/runtime/timer_thread.h"

namespace ordersaga::orchestrator {

// Thread-safe.
class OrderWatcher final : public Service {
 public:
  // New entries, ascending, never empty; or UNAVAILABLE once, when the process stops: nothing follows that. Runs on the
  // reader's threads or on the engine's loop and must not block. May still be running, or be about to, when Unwatch
  // returns.
  using Told = std::function<void(const absl::StatusOr<std::vector<JournalEntry>>&)>;

  // `interval` is between queries; a new watch, or a hole in what the engine tells, brings the next one forward. Under
  // load they take at most a tenth of the time.
  OrderWatcher(SagaReader& reader, absl::Duration interval, const Clock& clock);

  absl::Status Start() override { return timers_.Start(); }
  // Sends every watcher away.
  void Drain() override;
  void Stop() override { timers_.Stop(); }

  // Returns the watch's number, for Unwatch.
  std::int64_t Watch(JournalPosition from, Told told);
  void Unwatch(std::int64_t number);

  // For those who watch.
  TimerThread& timers() { return timers_; }

  // What has been committed about an order. Costs next to nothing if nobody watches.
  void Committed(const Uuid& id, const std::vector<JournalEntry>& entries);

 private:
  struct Entry {
    std::int64_t after;
    Told told;
  };
  using Calls = std::vector<std::pair<Told, std::vector<JournalEntry>>>;

  void ReadIn(absl::Duration wait) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Read(std::int64_t plan);
  void OnRead(const absl::StatusOr<std::vector<JournalRecord>>& records, absl::Duration took);
  // Adds what the watches of the order have not been told. False: there is a hole before the entries.
  bool Collect(const Uuid& id, const std::vector<JournalEntry>& entries, Calls& calls)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  SagaReader& reader_;
  const absl::Duration interval_;
  const Clock& clock_;
  absl::Mutex telling_ ABSL_ACQUIRED_BEFORE(mu_);  // held while watchers are told, so that all hear in order
  absl::Mutex mu_;
  std::map<std::pair<Uuid, std::int64_t>, Entry> watches_ ABSL_GUARDED_BY(mu_);  // by order and number
  std::map<std::int64_t, Uuid> orders_ ABSL_GUARDED_BY(mu_);                     // by number
  std::atomic<std::size_t> watching_{0};                                         // how many
  std::int64_t numbers_ ABSL_GUARDED_BY(mu_) = 0;
  bool asking_ ABSL_GUARDED_BY(mu_) = false;    // a query is under way
  bool again_ ABSL_GUARDED_BY(mu_) = false;     // and may have been too early for somebody
  std::int64_t plan_ ABSL_GUARDED_BY(mu_) = 0;  // the number of the next query's timer; others are obsolete
  absl::Duration planned_ ABSL_GUARDED_BY(mu_) = absl::InfiniteDuration();  // when; monotonic
  absl::Duration rest_until_ ABSL_GUARDED_BY(mu_);
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  TimerThread timers_;
};

}  // namespace ordersaga::orchestrator
