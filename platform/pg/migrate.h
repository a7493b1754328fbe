// Numbered, forward-only migrations: files 0001_*.sql, 0002_*.sql, ... run once each, in one transaction under a lock,
// and remembered with a checksum in schema_migrations.
#pragma once

#include <span>
#include <string_view>
#include <utility>

#include "platform/pg/session.h"

namespace ordersaga::pg {

using Migration = std::pair<std::string_view, std::string_view>;  // file name, SQL

// Errors: as Session::Run; FAILED_PRECONDITION when the database has a migration this program does not know, or one
// whose text was changed since it ran: the program must not work on such a database.
absl::Status Migrate(Session& session, std::span<const Migration> migrations);

}  // namespace ordersaga::pg
