// Columns of a set of sagas, as array parameters for unnest.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "orchestrator/adapters/pg/row_codec.h"
#include "orchestrator/ports/saga_store.h"
#include "platform/pg/array.h"
#include "platform/pg/time.h"

namespace ordersaga::orchestrator {

// One column: `of(item)` for each item, as a PostgreSQL array literal.
template <typename Items, typename Of>
std::string Column(const Items& items, Of of) {
  std::vector<decltype(of(*items.begin()))> values;
  values.reserve(items.size());
  for (const auto& item : items) values.push_back(of(item));
  return pg::ArrayOf(values);
}

inline std::optional<std::string> ToPgOrNull(const std::optional<absl::Time>& time) {
  if (!time.has_value()) return std::nullopt;
  return pg::ToPg(*time);
}

}  // namespace ordersaga::orchestrator
