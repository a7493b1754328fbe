#include "platform/pg/schema_state.h"

#include <fmt/format.h>

#include <map>

#include "platform/base/error.h"
#include "platform/base/hash.h"

namespace ordersaga::pg {
namespace {

absl::Status Refuse(std::string_view reason, const std::string& message) {
  return MakeError(absl::StatusCode::kFailedPrecondition, reason, message);
}

std::string Steps(std::size_t number) {
  return fmt::format("{} step{}", number, number == 1 ? "" : "s");
}

std::string Apply(const std::string& program) {
  return fmt::format("type `{} migrate --apply`", program);
}

}  // namespace

std::string ChecksumOf(const Migration& migration) {
  return Fingerprint(migration.sql);
}

SchemaState Compare(const Migrations& migrations, const std::vector<AppliedMigration>& applied) {
  SchemaState state{.program_version = migrations.list.size(),
                    .database_version = applied.size(),
                    .dispensable = migrations.new_steps};
  std::map<std::string, AppliedMigration> unknown;
  for (const AppliedMigration& migration : applied) unknown.emplace(migration.name, migration);
  for (const Migration& migration : migrations.list) {
    const auto found = unknown.find(std::string(migration.name));
    if (found == unknown.end()) {
      state.missing.push_back(migration);
      continue;
    }
    if (found->second.checksum != ChecksumOf(migration)) state.stranger = found->first;
    unknown.erase(found);
  }
  for (auto& [name, migration] : unknown) state.unknown.push_back(std::move(migration));
  if (!state.missing.empty() && !state.unknown.empty()) state.stranger = state.unknown.front().name;
  return state;
}

absl::Status MayMigrate(const SchemaState& state) {
  if (!state.stranger.empty()) {
    return Refuse("SCHEMA_MISMATCH",
                  fmt::format("the database was made by an unreleased version: its migration {} is not "
                              "one of this program's; begin with an empty database",
                              state.stranger));
  }
  for (const AppliedMigration& newer : state.unknown) {
    if (newer.kind == Name(MigrationKind::kExpand)) continue;
    return Refuse(
        "SCHEMA_TOO_NEW",
        fmt::format("a step of the database's that is newer than this program, {}, may have taken away what it "
                    "needs (version {}, not {}): start a program of schema version {} or later",
                    newer.name, state.database_version, state.program_version, state.database_version));
  }
  return absl::OkStatus();
}

absl::Status MayWork(const SchemaState& state, const std::string& program) {
  if (absl::Status status = MayMigrate(state); !status.ok()) return status;
  const std::size_t older = state.missing.size();
  if (older > 0 && state.database_version == 0) {
    return Refuse("SCHEMA_TOO_OLD", fmt::format("the database is empty: {}", Apply(program)));
  }
  if (older > state.dispensable) {
    return Refuse("SCHEMA_TOO_OLD",
                  fmt::format("the database is {} older than this program (version {}, not {}): {}", Steps(older),
                              state.database_version, state.program_version, Apply(program)));
  }
  return absl::OkStatus();
}

}  // namespace ordersaga::pg
