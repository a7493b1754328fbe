// The columns of a saga's row, in one place: kColumns in the .cc writes the INSERT, the UPDATE and every SELECT of
// sagas.sql, and reads their rows. A new column is a line there and a migration.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/ports/saga_store.h"
#include "platform/pg/pqxx.h"

namespace ordersaga::orchestrator {

// The statements of sagas.sql that name all columns, with the names filled in.
struct SagaSql {
  std::string insert, update, get, find, waiting, list, list_open, list_parked, audit;
};
const SagaSql& SagasSql();  // any thread

// What `insert` and `update` take.
std::vector<pg::Parameter> InsertParameters(const std::vector<const SagaWrite*>& writes);
std::vector<pg::Parameter> UpdateParameters(const std::vector<const SagaWrite*>& writes);

// Where the rows of all the others have what a reader needs before it can decode the rest.
constexpr int kShardColumn = 0;
constexpr int kIdColumn = 1;

// A row of one of them. INTERNAL when it cannot be understood; the row is then left alone.
absl::StatusOr<Saga> DecodeSaga(const pg::Row& row);
absl::StatusOr<Saga> DecodeSaga(const pg::PqxxRow& row);

}  // namespace ordersaga::orchestrator
