// The orchestrator's database as a whole: schema, number of shards, prices.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "orchestrator/core/pricing.h"
#include "platform/pg/migration.h"
#include "platform/pg/pqxx.h"

namespace ordersaga::orchestrator {

pg::Migrations OrchestratorMigrations();

// Makes the shards if this is the database's first start. Returns how many there are: what the first process asked for,
// whatever is wanted now.
absl::StatusOr<int> DecideShards(pg::PqxxSession& session, int wanted_shards);

absl::StatusOr<Prices> LoadPrices(pg::PqxxSession& session);
absl::Status SavePrices(pg::PqxxSession& session, const Prices& prices);

}  // namespace ordersaga::orchestrator
