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
  Count turns_stale{0};  // refused because a stored saga was not the version decided on
  Count shards_fenced{0};
  Count calls_started{0};
  Count events_published{0};
  Count events_unroutable{0};
  Count events_lost{0};     // publishes that have to be repeated
  Count events_refused{0};  // by the broker

  // Levels, not counts.
  Count database_answers{0};          // 1 while lease renewals succeed
  Count database_clock_offset_us{0};  // how far ahead of what was expected it was read last
  Count shards_loaded{0};             // 1 as soon as all that are owned have been usable for the first time
  Count shards_owned{0};              // owned and usable
  Count sagas_in_memory{0};
  Count sagas_waiting{0};
  Count sagas_parked{0};
  Count calls_outstanding{0};
  Count outbox_unpublished{0};
  Count outbox_oldest_us{0};  // when the oldest of them happened, Unix microseconds; 0: there is none
  Count events_held{0};
};

}  // namespace ordersaga::orchestrator
