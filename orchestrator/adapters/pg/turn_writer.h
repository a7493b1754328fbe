// One turn as set-based SQL in the caller's transaction: the fence first, then everything the turn holds.
#pragma once

#include <optional>
#include <vector>

#include "orchestrator/ports/saga_store.h"
#include "platform/pg/session.h"

namespace ordersaga::orchestrator {

// Queues `turn` but the creates that are `duplicates`; what it returns is so once the transaction has been committed.
// If what the turn was decided on is not so, the transaction ends with PgFailure::kRaised and nothing is written.
Committed WriteTurn(pg::Tx& tx, const Turn& turn, std::vector<DuplicateOrder> duplicates);

// What was raised, as Fenced or Stale. nullopt: the keys of some creates were taken; ask FindDuplicates() in a new
// transaction and write again.
std::optional<CommitResult> RefusalOf(const pg::Raised& raised);

// The creates whose key another order has, in the database or earlier in this very turn. Blocks. Throws what a pg::Tx
// throws (see pg::Session::Run).
std::vector<DuplicateOrder> FindDuplicates(pg::Tx& tx, const Turn& turn);

}  // namespace ordersaga::orchestrator
