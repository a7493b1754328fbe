// Where a service listens: "host:port", as settings name it and as it is told to others. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace ordersaga {

struct Address {
  std::string host;  // a name, an IPv4 address, or an IPv6 address without its brackets
  std::uint16_t port = 0;
  bool is_name = false;  // to be resolved first

  bool operator==(const Address&) const = default;
};

// "127.0.0.1:50050", "orders.internal:50050", "[::1]:50050", or several of them separated by commas. INVALID_ARGUMENT:
// says which one is none, and what one looks like.
absl::StatusOr<std::vector<Address>> ParseAddresses(std::string_view list);

// "127.0.0.1:50050", "[::1]:50050".
std::string HostPort(std::string_view host, std::int64_t port);

}  // namespace ordersaga
