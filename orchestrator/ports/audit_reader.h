// Sagas with their events, for audits. Never used by the engine.
//
// Threads: as SagaReader. Errors: UNAVAILABLE, RESOURCE_EXHAUSTED (too many reads queued; RetryInfo).
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/core/saga.h"

namespace ordersaga::orchestrator {

struct AuditRange {
  Uuid first;
  Uuid last;   // inclusive
  Uuid after;  // all zeros: nothing has been read yet
};

struct AuditRow {
  Uuid id;
  absl::StatusOr<Saga> saga;                                 // INTERNAL: the row cannot be understood
  std::vector<std::pair<std::int64_t, std::string>> events;  // sequence, routing key; ascending
  bool events_kept = true;  // false: the order is old enough for events to have been dropped
};

class AuditReader {
 public:
  virtual ~AuditReader() = default;
  // The next sagas of the range, in the order of id, each with the events of the same snapshot. Empty: there are no
  // more. How many come at once is the reader's choice.
  virtual void Read(AuditRange range, std::function<void(absl::StatusOr<std::vector<AuditRow>>)> done) = 0;
};

}  // namespace ordersaga::orchestrator
