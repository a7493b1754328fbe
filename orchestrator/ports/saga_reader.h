// Sagas for people to look at (OrderService.GetOrder, SagaAdminService). Never used by the engine.
//
// Threads: as SagaStore. Errors: NOT_FOUND (reason ORDER_NOT_FOUND), UNAVAILABLE, RESOURCE_EXHAUSTED (too many reads
// queued; RetryInfo).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/core/decision.h"
#include "orchestrator/core/saga.h"
#include "platform/base/done.h"

namespace ordersaga::orchestrator {

struct SagaFilter {
  std::optional<Status> status;
  bool open_only = false;    // sagas that have not finished
  bool parked_only = false;  // of these, those that wait for a person
  std::optional<std::string> user_email;
  std::optional<std::string> client;
  std::optional<absl::Time> since;  // created at or after
  std::optional<absl::Time> until;  // created before
  int limit = 50;
  std::optional<Uuid> before;  // page token: strictly older than this
};

struct SagaWithJournal {
  Saga saga;
  std::vector<JournalEntry> journal;  // ascending
};

// How far somebody has read a saga's journal.
struct JournalPosition {
  Uuid id;
  std::int64_t after = 0;  // the last sequence read
};

struct JournalRecord {
  Uuid id;
  JournalEntry entry;
};

// What open sagas are counted by. Names: "", "phase", "step", "status", "parked", "reason", "error", "user-email".
struct SagaCount {
  std::string by;
  bool parked_only = false;  // only those that wait for a person
  std::optional<std::string> user_email;
};

struct SagaGroup {
  std::string key;
  std::int64_t count = 0;
  absl::Time oldest;  // when the first of them was made
};

class SagaReader {
 public:
  virtual ~SagaReader() = default;
  virtual void Get(Uuid id, Done<Saga> done) = 0;
  virtual void GetWithJournal(Uuid id, Done<SagaWithJournal> done) = 0;
  // Newest first, by (created_at, id); those that have not finished, unless of one customer or client, and those that
  // are parked, by id alone.
  virtual void List(SagaFilter filter, Done<std::vector<Saga>> done) = 0;
  // The largest groups first, at most 1000.
  virtual void Count(SagaCount count, Done<std::vector<SagaGroup>> done) = 0;
  // Everything beyond these positions, of many sagas in one query; ascending per saga.
  virtual void ReadJournal(std::vector<JournalPosition> positions, Done<std::vector<JournalRecord>> done) = 0;
};

}  // namespace ordersaga::orchestrator
