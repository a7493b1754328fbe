// What the columns of several statements have in common.
#pragma once

#include <cstdint>
#include <optional>

#include "platform/pg/array.h"
#include "platform/pg/result.h"
#include "platform/pg/time.h"

namespace ordersaga::orchestrator {

using pg::Column;

// Shards and steps are that in the database, and arrays must be of the column's own type.
inline std::int16_t Smallint(std::size_t value) {
  return static_cast<std::int16_t>(value);
}

// Of a column that may be NULL.
inline std::optional<absl::Time> TimeOf(const pg::Field& field) {
  if (field.is_null()) return std::nullopt;
  return pg::FromPg(field.view());
}

}  // namespace ordersaga::orchestrator
