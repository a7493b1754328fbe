// Saga <-> what the sagas table holds of it. The stored form is pinned by a golden test: a field may be added (with a
// default for rows that lack it), never renamed or given another meaning.
#pragma once

#include <string>

#include "platform/pg/result.h"

#include "absl/status/statusor.h"
#include "orchestrator/core/saga.h"

namespace ordersaga::orchestrator {

std::string EncodeOrder(const Order& order);  // order_body
std::string EncodeState(const Saga& saga);    // state

// A row with the columns of get_saga.sql, in their order. INTERNAL when it cannot be understood; the row is then left
// alone.
absl::StatusOr<Saga> DecodeSaga(const pg::Row& row);

}  // namespace ordersaga::orchestrator
