#include "orchestrator/api/order_watcher.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "platform/base/error.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

absl::Status Draining() {
  return TryAgain(absl::StatusCode::kUnavailable, "DRAINING", "this replica stops; watch at another one",
                  absl::Milliseconds(100));
}

}  // namespace

OrderWatcher::OrderWatcher(SagaReader& reader, absl::Duration interval, const Clock& clock)
    : reader_(reader), interval_(interval), clock_(clock), timers_(clock) {}

std::int64_t OrderWatcher::Watch(JournalPosition from, Told told) {
  std::int64_t number = 0;
  {
    absl::ReleasableMutexLock lock(&mu_);
    number = ++numbers_;
    if (draining_) {
      lock.Release();
      told(Draining());
      return number;
    }
    watches_.emplace(number, Entry{from, std::move(told)});
    if (std::exchange(reading_, true)) return number;
  }
  ReadIn(interval_);
  return number;
}

void OrderWatcher::Unwatch(std::int64_t number) {
  absl::MutexLock lock(&mu_);
  watches_.erase(number);
}

void OrderWatcher::Drain() {
  std::map<std::int64_t, Entry> watches;
  {
    absl::MutexLock lock(&mu_);
    draining_ = true;
    watches.swap(watches_);
  }
  for (const auto& [number, entry] : watches) entry.told(Draining());
}

void OrderWatcher::ReadIn(absl::Duration wait) {
  timers_.After(wait, [this] { Read(); });
}

void OrderWatcher::Read() {
  absl::flat_hash_map<Uuid, std::int64_t> least;  // of each order, from where somebody wants it
  {
    absl::MutexLock lock(&mu_);
    for (const auto& [number, entry] : watches_) {
      const auto [found, fresh] = least.emplace(entry.position.id, entry.position.after);
      found->second = std::min(found->second, entry.position.after);
    }
    reading_ = !least.empty();
    if (!reading_) return;
  }
  std::vector<JournalPosition> positions;
  positions.reserve(least.size());
  for (const auto& [id, after] : least) positions.push_back({id, after});
  const absl::Duration asked = clock_.Monotonic();
  reader_.ReadJournal(std::move(positions), [this, asked](const absl::StatusOr<std::vector<JournalRecord>>& records) {
    if (records.ok()) {
      Tell(*records);
    } else {
      LogWarn("journals cannot be read; watchers wait", {{"error", MessageOf(records.status())}});
    }
    ReadIn(std::max(interval_, 9 * (clock_.Monotonic() - asked)));
  });
}

void OrderWatcher::Tell(const std::vector<JournalRecord>& records) {
  absl::flat_hash_map<Uuid, std::vector<const JournalEntry*>> news;
  for (const JournalRecord& record : records) news[record.id].push_back(&record.entry);
  std::vector<std::pair<Told, std::vector<JournalEntry>>> calls;
  {
    absl::MutexLock lock(&mu_);
    for (auto& [number, watch] : watches_) {
      const auto found = news.find(watch.position.id);
      if (found == news.end()) continue;
      std::vector<JournalEntry> entries;
      for (const JournalEntry* entry : found->second) {
        if (entry->sequence > watch.position.after) entries.push_back(*entry);
      }
      if (entries.empty()) continue;
      watch.position.after = entries.back().sequence;
      calls.emplace_back(watch.told, std::move(entries));
    }
  }
  for (const auto& [told, entries] : calls) told(entries);
}

}  // namespace ordersaga::orchestrator
