// When the next attempts of the owned shards' sagas are due. Loop thread only.
//
// A heap with lazy deletion: a saga whose due_at has moved on leaves its old entry behind, and the agenda drops it when
// it comes up, by comparing it with the saga.
#pragma once

#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "platform/base/uuid.h"

namespace ordersaga::orchestrator {

class Timers {
 public:
  using Entry = std::pair<absl::Time, Uuid>;

  void Set(absl::Time due, const Uuid& saga) { heap_.push({due, saga}); }

  // The earliest entry if it is due.
  std::optional<Entry> PopDue(absl::Time now) {
    if (heap_.empty() || heap_.top().first > now) return std::nullopt;
    Entry entry = heap_.top();
    heap_.pop();
    return entry;
  }

  // InfiniteFuture if there is none.
  absl::Time Next() const { return heap_.empty() ? absl::InfiniteFuture() : heap_.top().first; }

 private:
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
};

}  // namespace ordersaga::orchestrator
