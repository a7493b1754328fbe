#include "platform/base/money.h"

#include <fmt/format.h>

namespace ordersaga {

std::optional<Money> Add(const Money& a, const Money& b) {
  Money sum{0, a.currency};
  if (a.currency != b.currency || __builtin_add_overflow(a.minor, b.minor, &sum.minor)) {
    return std::nullopt;
  }
  return sum;
}

std::optional<Money> Multiply(const Money& unit, std::int64_t quantity) {
  Money product{0, unit.currency};
  if (__builtin_mul_overflow(unit.minor, quantity, &product.minor)) return std::nullopt;
  return product;
}

std::string FormatMajor(const Money& money) {
  const bool negative = money.minor < 0;
  // Unsigned negation is defined for the smallest value too.
  const auto magnitude =
      negative ? ~static_cast<std::uint64_t>(money.minor) + 1 : static_cast<std::uint64_t>(money.minor);
  return fmt::format("{}{}.{:02}", negative ? "-" : "", magnitude / 100, magnitude % 100);
}

}  // namespace ordersaga
