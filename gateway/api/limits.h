// How large a request's contents may be. Sizes in bytes belong to the HTTP server (HttpOptions).
#pragma once

#include <cstdint>
#include <limits>

namespace ordersaga::gateway {

struct InputLimits {
  std::int64_t json_depth = 8;
  std::int64_t lines = 50;                                           // of an order
  std::int64_t quantity = std::numeric_limits<std::int32_t>::max();  // of a line
};

}  // namespace ordersaga::gateway
