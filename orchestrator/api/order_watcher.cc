#include "orchestrator/api/order_watcher.h"

#include <algorithm>
#include <iterator>

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
  absl::ReleasableMutexLock lock(&mu_);
  const std::int64_t number = ++numbers_;
  if (draining_) {
    lock.Release();
    told(Draining());
    return number;
  }
  watches_.emplace(std::pair(from.id, number), Entry{from.after, std::move(told)});
  orders_.emplace(number, from.id);
  watching_ = watches_.size();
  ReadIn(absl::ZeroDuration());  // what was committed before it watched
  return number;
}

void OrderWatcher::Unwatch(std::int64_t number) {
  absl::MutexLock lock(&mu_);
  const auto found = orders_.find(number);
  if (found == orders_.end()) return;
  watches_.erase({found->second, number});
  orders_.erase(found);
  watching_ = watches_.size();
}

void OrderWatcher::Drain() {
  absl::MutexLock in_order(&telling_);
  std::map<std::pair<Uuid, std::int64_t>, Entry> watches;
  {
    absl::MutexLock lock(&mu_);
    draining_ = true;
    watches.swap(watches_);
    orders_.clear();
    watching_ = 0;
  }
  for (const auto& [number, entry] : watches) entry.told(Draining());
}

void OrderWatcher::Committed(const Uuid& id, const std::vector<JournalEntry>& entries) {
  if (watching_ == 0 || entries.empty()) return;
  absl::MutexLock in_order(&telling_);
  Calls calls;
  {
    absl::MutexLock lock(&mu_);
    if (!Collect(id, entries, calls)) ReadIn(absl::ZeroDuration());
  }
  for (const auto& [told, news] : calls) told(news);
}

bool OrderWatcher::Collect(const Uuid& id, const std::vector<JournalEntry>& entries, Calls& calls) {
  bool whole = true;
  for (auto watch = watches_.lower_bound({id, 0}); watch != watches_.end() && watch->first.first == id; ++watch) {
    std::int64_t& after = watch->second.after;
    if (entries.front().sequence > after + 1) {
      whole = false;
      continue;
    }
    std::vector<JournalEntry> news;
    std::copy_if(entries.begin(), entries.end(), std::back_inserter(news),
                 [&](const JournalEntry& entry) { return entry.sequence > after; });
    if (news.empty()) continue;
    after = news.back().sequence;
    calls.emplace_back(watch->second.told, std::move(news));
  }
  return whole;
}

void OrderWatcher::ReadIn(absl::Duration wait) {
  if (asking_) {
    again_ = again_ || wait == absl::ZeroDuration();
    return;
  }
  const absl::Duration now = clock_.Monotonic();
  const absl::Duration at = std::max(now + wait, rest_until_);
  if (at >= planned_) return;
  planned_ = at;
  timers_.After(at - now, [this, plan = ++plan_] { Read(plan); });
}

void OrderWatcher::Read(std::int64_t plan) {
  std::vector<JournalPosition> positions;  // of each order, from where somebody wants it
  {
    absl::MutexLock lock(&mu_);
    if (plan != plan_ || asking_) return;
    planned_ = absl::InfiniteDuration();
    for (const auto& [key, watch] : watches_) {
      if (positions.empty() || positions.back().id != key.first) positions.push_back({key.first, watch.after});
      positions.back().after = std::min(positions.back().after, watch.after);
    }
    if (positions.empty()) return;
    asking_ = true;
  }
  const absl::Duration asked = clock_.Monotonic();
  reader_.ReadJournal(std::move(positions), [this, asked](const absl::StatusOr<std::vector<JournalRecord>>& records) {
    OnRead(records, clock_.Monotonic() - asked);
  });
}

void OrderWatcher::OnRead(const absl::StatusOr<std::vector<JournalRecord>>& records, absl::Duration took) {
  absl::flat_hash_map<Uuid, std::vector<JournalEntry>> news;
  if (records.ok()) {
    for (const JournalRecord& record : *records) news[record.id].push_back(record.entry);
  } else {
    LogWarn("journals cannot be read; watchers wait", {{"error", MessageOf(records.status())}});
  }
  absl::MutexLock in_order(&telling_);
  Calls calls;
  {
    absl::MutexLock lock(&mu_);
    for (const auto& [id, entries] : news) Collect(id, entries, calls);
    asking_ = false;
    rest_until_ = clock_.Monotonic() + 9 * took;
    ReadIn(std::exchange(again_, false) ? absl::ZeroDuration() : interval_);
  }
  for (const auto& [told, entries] : calls) told(entries);
}

}  // namespace ordersaga::orchestrator
