// What the engine counts. Written by the loop, read by anyone (the metrics page).
#pragma once

#include <atomic>
#include <cstdint>

namespace ordersaga::orchestrator {

struct Stats {
  using Count = std::atomic<std::int64_t>;

  Count orders_accepted{0};
  Count orders_completed{0};
  Count orders_cancelled{0};
  Count orders_refused{0};  // shed because too many were waiting
  Count turns{0};
  Count turn_writes{0};  // sagas written; divided by turns: the average turn
  Count commits_unavailable{0};
  Count commits_in_doubt{0};
  Count shards_fenced{0};
  Count calls_started{0};
  Count calls_unanswered{0};
  Count events_published{0};
  Count events_unroutable{0};
  Count events_lost{0};  // publishes that have to be repeated

  // Levels, not counts.
  Count shards_held{0};
  Count sagas_held{0};
  Count sagas_waiting{0};
  Count sagas_parked{0};
  Count calls_outstanding{0};
  Count outbox_unpublished{0};
};

}  // namespace ordersaga::orchestrator
