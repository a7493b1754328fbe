// Sagas with their events and journal, for audits. Never used by the engine.
//
// Threads: as SagaReader. Errors: UNAVAILABLE, RESOURCE_EXHAUSTED (too many reads queued; RetryInfo).
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/core/saga.h"
#include "platform/base/done.h"

namespace ordersaga::orchestrator {

struct AuditRange {
  Uuid first;
  Uuid last;   // inclusive
  Uuid after;  // all zeros: nothing has been read yet
};

struct AuditEvent {
  std::int64_t sequence = 0;
  std::string routing_key;
  std::string body;
  bool misplaced = false;  // in a shard that is not the order's
};

struct AuditRow {
  Uuid id;
  absl::StatusOr<Saga> saga;  // INTERNAL: the row cannot be understood, or found by nobody else, as it is in another
                              // shard; NOT_FOUND: it is gone, the rest is there
  std::vector<AuditEvent> events;  // ascending
  bool events_kept = true;         // false: the order is old enough for events to have been dropped
  std::int64_t journal_entries = 0;
  std::int64_t journal_first = 0;  // the sequences of the first and the last of them
  std::int64_t journal_last = 0;
  bool journal_misplaced = false;  // there are more, in another shard
};

struct AuditPage {
  std::vector<AuditRow> rows;  // in the order of id, each with the events and the journal of the same snapshot
  absl::Time read_at;          // by the database's clock
  bool last = false;           // the range has no more
};

class AuditReader {
 public:
  virtual ~AuditReader() = default;
  // The next sagas of the range; also orders of which events or journal are left and no saga. How many come at once is
  // the reader's choice.
  virtual void Read(AuditRange range, Done<AuditPage> done) = 0;
};

}  // namespace ordersaga::orchestrator
