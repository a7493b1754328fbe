#include "platform/pg/migrate_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "platform/base/error.h"

namespace ordersaga::pg {
namespace {

std::string KindOf(const Migration& migration) {
  return fmt::format("{}{}", Name(migration.kind), migration.index.empty() ? "" : ", concurrently");
}

}  // namespace

std::string PlanAsTable(const SchemaState& state, const std::string& program) {
  std::string text = fmt::format("The database is at version {}, {} knows version {}.\n", state.database_version,
                                 program, state.program_version);
  if (const absl::Status status = MayMigrate(state); !status.ok()) return text + MessageOf(status) + "\n";
  if (state.missing.empty()) return text + "There is nothing to apply.\n";
  std::size_t names = 0, kinds = 0;
  for (const Migration& migration : state.missing) {
    names = std::max(names, migration.name.size());
    kinds = std::max(kinds, KindOf(migration).size());
  }
  text += fmt::format("{:<{}}  {:<{}}  {}\n", "STEP", names, "KIND", kinds, "WHAT IT DOES");
  for (const Migration& migration : state.missing) {
    text += fmt::format("{:<{}}  {:<{}}  {}\n", migration.name, names, KindOf(migration), kinds, migration.what);
  }
  return text;
}

std::string PlanAsJson(const SchemaState& state) {
  boost::json::array steps, unknown;
  for (const Migration& migration : state.missing) {
    steps.push_back(boost::json::object{{"name", migration.name},
                                        {"kind", Name(migration.kind)},
                                        {"concurrently", !migration.index.empty()},
                                        {"what", migration.what},
                                        {"sql", migration.sql}});
  }
  for (const AppliedMigration& migration : state.unknown) unknown.emplace_back(migration.name);
  const absl::Status status = MayMigrate(state);
  boost::json::object plan{{"database_version", state.database_version},
                           {"program_version", state.program_version},
                           {"problem", status.ok() ? boost::json::value() : boost::json::value(MessageOf(status))},
                           {"steps", std::move(steps)},
                           {"unknown", std::move(unknown)}};
  return boost::json::serialize(plan) + "\n";
}

}  // namespace ordersaga::pg
