// The tables of inventory, effects included.
#pragma once

#include "absl/status/status.h"
#include "platform/pg/session.h"

namespace ordersaga::inventory {

// As pg::Migrate.
absl::Status MigrateInventory(pg::Session& session);

}  // namespace ordersaga::inventory
