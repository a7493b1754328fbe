// Sagas for people to look at (OrderService.GetOrder, SagaAdminService). Never used by the engine.
//
// Threads: as SagaStore. Errors: NOT_FOUND (reason ORDER_NOT_FOUND), UNAVAILABLE, RESOURCE_EXHAUSTED (too many reads
// queued; RetryInfo).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/core/saga.h"

namespace ordersaga::orchestrator {

struct SagaFilter {
  std::optional<Status> status;
  bool open_only = false;  // sagas that have not finished
  int limit = 50;
  std::optional<Uuid> before;  // page token: strictly older than this (created_at, id)
};

struct SagaHistory {
  Saga saga;
  std::vector<JournalEntry> journal;  // ascending
};

class SagaReader {
 public:
  virtual ~SagaReader() = default;
  virtual void Get(Uuid id, std::function<void(absl::StatusOr<Saga>)> done) = 0;
  virtual void GetHistory(Uuid id, std::function<void(absl::StatusOr<SagaHistory>)> done) = 0;
  // Newest first.
  virtual void List(SagaFilter filter, std::function<void(absl::StatusOr<std::vector<Saga>>)> done) = 0;
};

}  // namespace ordersaga::orchestrator
