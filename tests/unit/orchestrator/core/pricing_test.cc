#include "orchestrator/core/pricing.h"

#include <gtest/gtest.h>

namespace ordersaga::orchestrator {
namespace {

const Prices kPrices = {
    {"keyboard", {1999, "USD"}}, {"imported", {1000, "EUR"}}, {"moon", {std::int64_t{1} << 61, "USD"}}};

std::vector<OrderLine> Wanted(std::vector<std::pair<std::string, std::int32_t>> items) {
  std::vector<OrderLine> lines;
  for (const auto& [item, quantity] : items) lines.push_back({item, quantity, {}});
  return lines;
}

TEST(PricingTest, EachLineHasItsUnitPriceAndTheTotalIsTheirSum) {
  const auto priced = Price(Wanted({{"keyboard", 3}, {"no-such-product", 2}}), kPrices);
  ASSERT_TRUE(priced.ok());
  const std::vector<OrderLine> lines = {{"keyboard", 3, {1999, "USD"}}, {"no-such-product", 2, {5000, "USD"}}};
  EXPECT_EQ(priced->lines, lines);
  EXPECT_EQ(priced->total, (Money{15997, "USD"}));
}

TEST(PricingTest, RefusesWhatCannotBeCountedAndOtherCurrencies) {
  EXPECT_TRUE(Price(Wanted({{"moon", 3}}), kPrices).ok());
  for (const auto& lines : {Wanted({{"moon", 4}}), Wanted({{"moon", 2}, {"moon", 2}}), Wanted({{"imported", 1}}),
                            Wanted({{"keyboard", 1}, {"imported", 1}})}) {
    EXPECT_EQ(Price(lines, kPrices).status().code(), absl::StatusCode::kInvalidArgument) << lines[0].item_id;
  }
}

}  // namespace
}  // namespace ordersaga::orchestrator
