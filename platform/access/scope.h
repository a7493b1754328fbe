// What an API key may do. A key has some of these; each rule of the policy names those that are enough for it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace ordersaga::access {

enum class Scope : std::uint8_t {
  kOrdersWrite,    // place and cancel its own client's orders
  kOrdersRead,     // read its own client's orders
  kOrdersReadAll,  // read every client's
  kConsoleView,
  kSupport,
  kFinance,
  kOperate,
  kAdmin,  // make and revoke keys
};

// As people and the database write it: "orders:write".
std::string_view Name(Scope scope);

// A set of scopes.
class Scopes {
 public:
  constexpr Scopes() = default;
  constexpr Scopes(std::initializer_list<Scope> scopes) {
    for (const Scope scope : scopes) bits_ |= BitOf(scope);
  }

  constexpr bool Has(Scope scope) const { return (bits_ & BitOf(scope)) != 0; }
  constexpr bool HasOneOf(Scopes others) const { return (bits_ & others.bits_) != 0; }
  constexpr Scopes With(Scopes others) const {
    others.bits_ |= bits_;
    return others;
  }
  constexpr bool empty() const { return bits_ == 0; }
  std::vector<std::string> Names() const;

  constexpr bool operator==(const Scopes&) const = default;

 private:
  static constexpr std::uint32_t BitOf(Scope scope) { return 1U << static_cast<unsigned>(scope); }

  std::uint32_t bits_ = 0;
};

// An unknown name, or none at all: INVALID_ARGUMENT for the field "scopes", which says what there is.
absl::StatusOr<Scopes> ParseScopes(const std::vector<std::string>& names);

}  // namespace ordersaga::access
