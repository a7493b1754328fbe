// Runs the migrations of a database: forward only, each once, and remembered with its checksum in schema_migrations.
//
// A database that is empty gets all of them in one transaction, another one each in its own. None waits longer than a
// second for a table that others use, since everybody else waits behind it; an index that is built concurrently waits
// for others without holding them up, and what an interrupted build has left is built anew.
#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "platform/base/clock.h"
#include "platform/pg/pqxx.h"
#include "platform/pg/schema_state.h"

namespace ordersaga::pg {

// Writes nothing. Errors: as Session::Run.
absl::StatusOr<SchemaState> ReadSchema(PqxxSession& session, const Migrations& migrations);

// Told of each migration once it is committed, and how long it took.
using MigrationTold = std::function<void(const Migration&, absl::Duration)>;

// One attempt; runs what is missing, and no DDL if nothing is. Errors: as Session::Run, as MayMigrate, and
// PgFailure::kLocked if others hold a table that was wanted, kUnavailable if another process migrates.
absl::Status Migrate(PqxxSession& session, const Migrations& migrations, const Clock& clock,
                     const MigrationTold& told = {});

// Of a session to run migrations with: each may take as long as it needs.
SessionOptions ForMigrations(SessionOptions options);

}  // namespace ordersaga::pg
