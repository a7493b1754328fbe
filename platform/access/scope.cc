#include "platform/access/scope.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "platform/base/error.h"

namespace ordersaga::access {
namespace {

// In the order of Scope.
constexpr std::array<std::string_view, 8> kNames = {"orders:write", "orders:read", "orders:read:all", "console:view",
                                                    "support",      "finance",     "operate",         "admin"};

}  // namespace

std::string_view Name(Scope scope) {
  return kNames.at(static_cast<std::size_t>(scope));
}

std::vector<std::string> Scopes::Names() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (Has(static_cast<Scope>(i))) names.emplace_back(kNames.at(i));
  }
  return names;
}

absl::StatusOr<Scopes> ParseScopes(const std::vector<std::string>& names) {
  Scopes scopes;
  for (const std::string& name : names) {
    const auto* found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) {
      return BadRequest({{"scopes", fmt::format("must be of: {}", fmt::join(kNames, ", "))}});
    }
    scopes = scopes.With({static_cast<Scope>(found - kNames.begin())});
  }
  if (scopes.empty()) return BadRequest({{"scopes", fmt::format("must name one of: {}", fmt::join(kNames, ", "))}});
  return scopes;
}

}  // namespace ordersaga::access
