// How far a database's schema is, beside what a program knows of it. Pure.
//
// A version is a number of migrations. A program works with a database of its own version, with one that lacks no more
// than the steps its own release brought, and with a newer one as long as that has only added something: so one of the
// two can be replaced before the other (docs/adr/0026-schema-steps.md).
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "platform/pg/migration.h"

namespace ordersaga::pg {

struct AppliedMigration {
  std::string name;
  std::string checksum;
  std::string kind;  // empty: from before kinds were remembered
};

struct SchemaState {
  std::size_t program_version = 0;
  std::size_t database_version = 0;
  std::size_t dispensable = 1;                 // how many steps may be missing
  std::vector<Migration> missing = {};         // from the database, in the order to run them
  std::vector<AppliedMigration> unknown = {};  // to the program
  std::string stranger = {};  // a migration that says that both do not belong together; empty: they may
  bool prepared = false;      // what every database has beside its migrations is there

  bool complete() const { return prepared && missing.empty(); }  // there is nothing to run
};

SchemaState Compare(const Migrations& migrations, const std::vector<AppliedMigration>& applied);

// What a migration is known by, beside its name. Its first line may be mended.
std::string ChecksumOf(const Migration& migration);

// OK if what is missing may be applied and then worked with, or if nothing is and what is unknown does no harm.
// FAILED_PRECONDITION: SCHEMA_MISMATCH, SCHEMA_TOO_NEW; the message says what to do.
absl::Status MayMigrate(const SchemaState& state);

// OK if `program` can work without any step of its own. Otherwise as MayMigrate, or SCHEMA_TOO_OLD.
absl::Status MayWork(const SchemaState& state, const std::string& program);

}  // namespace ordersaga::pg
