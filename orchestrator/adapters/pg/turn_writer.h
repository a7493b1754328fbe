// One turn as set-based SQL in the caller's transaction: the fence first, then everything the turn holds.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/ports/saga_store.h"
#include "platform/pg/session.h"

namespace ordersaga::orchestrator {

class TurnWriter {
 public:
  TurnWriter();

  // Writes `turn` but the creates that are `duplicates`. Committed, Fenced, Stale, or nullopt: the keys of some creates
  // were taken, ask Duplicates() in a new transaction and write again. Unless Committed, and for any error, the caller
  // rolls back. Throws what a pg::Tx throws (see pg::Session::Run).
  std::optional<CommitResult> Write(pg::Tx& tx, const Turn& turn, std::vector<DuplicateOrder> duplicates) const;
  std::vector<DuplicateOrder> Duplicates(pg::Tx& tx, const Turn& turn) const;

 private:
  pg::Reply Fence(pg::Tx& tx, const Turn& turn, const std::map<int, std::int64_t>& ends) const;
  pg::Reply ClaimKeys(pg::Tx& tx, const std::vector<const SagaWrite*>& creates) const;
  void Insert(pg::Tx& tx, const std::vector<const SagaWrite*>& writes) const;
  pg::Reply Update(pg::Tx& tx, const std::vector<const SagaWrite*>& writes) const;
  void Park(pg::Tx& tx, const Turn& turn) const;
  void MoveHeld(pg::Tx& tx, const Turn& turn) const;
  void AppendJournal(pg::Tx& tx, const std::vector<const SagaWrite*>& writes) const;
  void AppendEvents(pg::Tx& tx, const std::vector<OutboxEvent>& events) const;

  const std::string fence_, keys_, duplicates_, insert_, update_, park_, journal_, outbox_, hold_, release_;
};

}  // namespace ordersaga::orchestrator
