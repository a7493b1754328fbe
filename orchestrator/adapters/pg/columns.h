// What the columns of several statements have in common.
#pragma once

#include <cstdint>

#include "platform/pg/array.h"

namespace ordersaga::orchestrator {

using pg::Column;

// Shards and steps are that in the database, and arrays must be of the column's own type.
inline std::int16_t Smallint(std::size_t value) {
  return static_cast<std::int16_t>(value);
}

}  // namespace ordersaga::orchestrator
