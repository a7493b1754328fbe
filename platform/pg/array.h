// PostgreSQL array literals, for set-based SQL: unnest($1::text[], $2::bigint[]).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ordersaga::pg {

std::string ArrayOf(const std::vector<std::string>& values);
std::string ArrayOf(const std::vector<std::optional<std::string>>& values);  // nullopt: NULL
std::string ArrayOf(const std::vector<std::int64_t>& values);

}  // namespace ordersaga::pg
