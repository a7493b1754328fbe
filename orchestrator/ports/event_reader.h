// Stored domain events, for people and for replays. Never used by the engine.
//
// Threads: as SagaReader. Errors: UNAVAILABLE, RESOURCE_EXHAUSTED (too many reads queued; RetryInfo).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "orchestrator/ports/saga_store.h"
#include "platform/base/done.h"

namespace ordersaga::orchestrator {

struct EventFilter {
  std::optional<Uuid> order;
  absl::Time since = absl::InfinitePast();    // events that happened then or later
  absl::Time until = absl::InfiniteFuture();  // and before this
};

// A place in the order (shard, position), in which an order's events are in their own order.
struct EventPlace {
  int shard = 0;
  std::int64_t position = 0;
};

struct HeldEvent {
  OutboxEvent event;
  std::string reason;  // one of our own codes
  absl::Time held_at;
};

class EventReader {
 public:
  virtual ~EventReader() = default;
  // Events after a place, at most `limit`. Fewer than `limit`: there are no more.
  virtual void List(EventFilter filter, EventPlace after, int limit, Done<std::vector<OutboxEvent>> done) = 0;
  // Events that are held back, in the same order.
  virtual void ListHeld(EventPlace after, int limit, Done<std::vector<HeldEvent>> done) = 0;
};

}  // namespace ordersaga::orchestrator
