// The tables of payment, effects included.
#pragma once

#include "absl/status/status.h"
#include "platform/pg/session.h"

namespace ordersaga::payment {

// As pg::Migrate.
absl::Status MigratePayment(pg::Session& session);

}  // namespace ordersaga::payment
