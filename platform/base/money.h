// Money: a signed count of minor units (cents) of one currency. Never a floating-point number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ordersaga {

struct Money {
  std::int64_t minor = 0;
  std::string currency = "USD";  // ISO 4217

  bool operator==(const Money&) const = default;
};

// nullopt on overflow or when the currencies differ: the caller refuses the request.
std::optional<Money> Add(const Money& a, const Money& b);
std::optional<Money> Multiply(const Money& unit, std::int64_t quantity);

// "100.00", "-0.05": two decimals, as the events and mails show it.
std::string FormatMajor(const Money& money);

}  // namespace ordersaga
