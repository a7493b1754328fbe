// What `migrate --plan` shows: which steps are missing from a database. Pure.
#pragma once

#include <string>

#include "platform/pg/schema_state.h"

namespace ordersaga::pg {

// For people, names and what they do.
std::string PlanAsTable(const SchemaState& state, const std::string& program);

// For programs, one object on one line: database_version, program_version, problem (null, or why it cannot be applied
// or worked with), steps with name, kind, concurrently, what and sql, and the names that the program does not know.
std::string PlanAsJson(const SchemaState& state);

}  // namespace ordersaga::pg
