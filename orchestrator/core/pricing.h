// What an order costs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/core/order.h"
#include "platform/base/money.h"

namespace ordersaga::orchestrator {

using Prices = std::map<std::string, Money>;  // of one unit, by item id

struct Priced {
  std::vector<OrderLine> lines;  // each with the price of one unit
  Money total;
};

// The lines come without prices. An item that has none costs 50.00 USD: the saga, not the price list, refuses unknown
// products. Errors: INVALID_ARGUMENT for `lines` that cost more than can be counted, or are not all in USD.
absl::StatusOr<Priced> Price(std::vector<OrderLine> lines, const Prices& prices);

}  // namespace ordersaga::orchestrator
