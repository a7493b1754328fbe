// The orchestrator's database as a whole: schema, number of shards, prices.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "platform/base/money.h"
#include "platform/pg/session.h"

namespace ordersaga::orchestrator {

// Migrates, and makes the shards if this is the database's first start. Returns how many there are: what the first
// process asked for, whatever is wanted now. Errors: as pg::Migrate.
absl::StatusOr<int> PrepareDatabase(pg::Session& session, int wanted_shards);

absl::StatusOr<std::map<std::string, Money>> LoadPrices(pg::Session& session);
absl::Status SavePrices(pg::Session& session, const std::map<std::string, Money>& prices);

}  // namespace ordersaga::orchestrator
