// Migrations as a step of their own: the command `migrate` and the setting of that name, of every program with a
// database.
#pragma once

#include <optional>
#include <string>

#include "platform/base/clock.h"
#include "platform/pg/migration.h"
#include "platform/pg/session.h"
#include "platform/runtime/config.h"

namespace ordersaga::pg {

struct MigrateSettings {
  std::string mode = "auto";     // or "off": the program never runs DDL, and refuses a database it cannot work with
  std::string program = "it";    // what people type
  std::string output = "table";  // or "json"
  bool plan = false;
  bool apply = false;
  bool check = false;

  bool automatic() const { return mode == "auto"; }
};

void AddMigrateConfig(Config& config, MigrateSettings* settings);

// After the settings have been read. nullopt: `migrate` was not asked for, go on. Otherwise exit with this code: 0
// done, 1 the database does not fit (it says what to do), 2 a question that makes no sense, 5 the database cannot be
// read.
// --apply waits for the database, and for those who hold what it changes, until a signal ends it.
std::optional<int> RunMigrate(const Config& config, const MigrateSettings& settings, const SessionOptions& options,
                              const Migrations& migrations, const Clock& clock);

}  // namespace ordersaga::pg
