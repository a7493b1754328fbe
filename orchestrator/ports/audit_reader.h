// Sagas with their events and history, for audits. Never used by the engine.
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

// The first thousand of either.
struct KeyFaults {
  std::vector<Uuid> without_key;   // sagas that no idempotency key leads to
  std::vector<Uuid> without_saga;  // what keys lead to, and there is no such saga
};

class AuditReader {
 public:
  virtual ~AuditReader() = default;
  // The next sagas of the range; also orders of which events or journal are left and no saga. How many come at once is
  // the reader's choice.
  virtual void Read(AuditRange range, std::function<void(absl::StatusOr<AuditPage>)> done) = 0;
  // Compares all the range's keys and sagas, a shard at a time; takes a second or so for a million orders.
  virtual void CheckKeys(Uuid first, Uuid last, std::function<void(absl::StatusOr<KeyFaults>)> done) = 0;
};

}  // namespace ordersaga::orchestrator
