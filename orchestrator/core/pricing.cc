#include "orchestrator/core/pricing.h"

#include <optional>
#include <utility>

#include "platform/base/error.h"

namespace ordersaga::orchestrator {
namespace {

constexpr std::int64_t kDefaultMinor = 5000;
constexpr char kCurrency[] = "USD";

Money UnitPrice(const Prices& prices, const std::string& item_id) {
  const auto found = prices.find(item_id);
  return found == prices.end() ? Money{kDefaultMinor, kCurrency} : found->second;
}

}  // namespace

absl::StatusOr<Priced> Price(std::vector<OrderLine> lines, const Prices& prices) {
  std::optional<Money> total = Money{0, kCurrency};
  for (OrderLine& line : lines) {
    line.unit_price = UnitPrice(prices, line.item_id);
    const std::optional<Money> cost = Multiply(line.unit_price, line.quantity);
    total = total.has_value() && cost.has_value() ? Add(*total, *cost) : std::nullopt;
  }
  if (!total.has_value()) return BadRequest({{"lines", "cost more than can be counted, or mix currencies"}});
  return Priced{std::move(lines), *total};
}

}  // namespace ordersaga::orchestrator
