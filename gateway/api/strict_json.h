// JSON from strangers: one object, well-formed UTF-8, not too deep, no key twice, nothing after it.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "absl/status/statusor.h"

namespace ordersaga::gateway {

// INVALID_ARGUMENT (INVALID_JSON) otherwise; the message says what is wrong and, where known, at which byte.
absl::StatusOr<boost::json::object> ParseObject(std::string_view text, std::size_t max_depth);

}  // namespace ordersaga::gateway
