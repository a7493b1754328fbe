#include "services/inventory/domain/stock.h"

#include <gtest/gtest.h>

#include <random>

namespace ordersaga::inventory {
namespace {

TEST(StockTest, AllLinesOrNone) {
  Stock stock({{"a", 5}, {"b", 5}});
  EXPECT_EQ(stock.Take({{"a", 2}, {"b", 3}}), std::nullopt);
  EXPECT_EQ(stock.Take({{"a", 1}, {"b", 3}})->reason, "OUT_OF_STOCK");
  EXPECT_EQ(stock.Take({{"a", 1}, {"c", 1}})->reason, "UNKNOWN_PRODUCT");
  EXPECT_EQ(stock.Changes(), (std::map<std::string, std::int64_t>{{"a", -2}, {"b", -3}}));
}

TEST(StockTest, LinesOfOneProductAreAddedUp) {
  Stock stock({{"a", 5}});
  EXPECT_EQ(stock.Take({{"a", 3}, {"a", 3}})->message, "a: 6 requested, 5 available");
  EXPECT_EQ(stock.Take({{"a", 3}, {"a", 2}}), std::nullopt);
}

TEST(StockTest, WhatIsGivenBackCanBeTakenAgain) {
  Stock stock({{"a", 1}});
  EXPECT_EQ(stock.Take({{"a", 1}}), std::nullopt);
  stock.GiveBack({{"a", 1}});
  EXPECT_TRUE(stock.Changes().empty());
  EXPECT_EQ(stock.Take({{"a", 1}}), std::nullopt);
}

TEST(StockTest, NoOrderOfTakingAndGivingBackGoesBelowZeroOrLosesAnything) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::map<std::string, std::int64_t> left{{"a", 9}, {"b", 4}, {"c", 0}};
    Stock stock(left);
    const std::map<std::string, std::int64_t> initial = left;
    std::vector<std::vector<Line>> taken;
    for (int i = 0; i < 30; ++i) {
      std::vector<Line> lines;
      for (unsigned n = random() % 3 + 1; n > 0; --n) {
        lines.push_back({std::string(1, static_cast<char>('a' + random() % 4)), static_cast<int>(random() % 4) + 1});
      }
      if (random() % 3 == 0 && !taken.empty()) {
        stock.GiveBack(taken.back());
        for (const Line& line : taken.back()) left[line.item_id] += line.quantity;
        taken.pop_back();
      } else if (!stock.Take(lines).has_value()) {
        for (const Line& line : lines) left[line.item_id] -= line.quantity;
        taken.push_back(lines);
      }
    }
    const auto changes = stock.Changes();
    for (const auto& [item_id, now] : left) {
      EXPECT_GE(now, 0);
      const auto change = changes.find(item_id);
      EXPECT_EQ(initial.at(item_id) + (change == changes.end() ? 0 : change->second), now);
    }
  }
}

TEST(StockTest, TheStoredFormIsPinned) {
  const std::vector<Line> lines{{"a \"b\"", 2}, {"c", 2147483647}};
  EXPECT_EQ(EncodeLines(lines), R"([{"item_id":"a \"b\"","quantity":2},{"item_id":"c","quantity":2147483647}])");
  EXPECT_EQ(DecodeLines(EncodeLines(lines)), lines);
}

}  // namespace
}  // namespace ordersaga::inventory
