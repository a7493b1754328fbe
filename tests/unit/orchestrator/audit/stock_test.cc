#include "orchestrator/audit/stock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ordersaga::audit {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

const absl::Time kBegan = absl::FromUnixSeconds(1'700'000'000);

Reservation Of(std::int64_t quantity, EffectState state, absl::Time at) {
  return {"key", "order", state, "", {{"mouse", quantity}}, at, at};
}

// 100 at first, 10 restocked, so many on hand.
std::vector<Product> Mouse(std::int64_t on_hand) {
  return {{"mouse", 100, 10, on_hand, 10}};
}

TEST(StockCount, OneThatStandsStillIsJudgedExactly) {
  StockCount count(kBegan);
  count.Add(Of(5, EffectState::kApplied, kBegan - absl::Hours(1)));
  count.Add(Of(7, EffectState::kApplied, kBegan));
  count.Add(Of(9, EffectState::kReversed, kBegan));
  count.Add(Of(9, EffectState::kRejected, kBegan));
  EXPECT_THAT(count.Judge(Mouse(98), Mouse(98)), IsEmpty());
  EXPECT_THAT(count.Judge(Mouse(97), Mouse(97)), SizeIs(1));
  EXPECT_THAT(count.Judge(Mouse(99), Mouse(99)), SizeIs(1));
}

TEST(StockCount, OneThatMovesIsJudgedByBounds) {
  StockCount count(kBegan);
  count.Add(Of(50, EffectState::kApplied, kBegan - absl::Hours(1)));
  count.Add(Of(2, EffectState::kApplied, kBegan));
  EXPECT_THAT(count.Judge(Mouse(60), Mouse(57)), IsEmpty());
  EXPECT_THAT(count.Judge(Mouse(50), Mouse(49)), SizeIs(1));  // 60 sold, 52 were ever seen
  EXPECT_THAT(count.Judge(Mouse(70), Mouse(69)), SizeIs(1));  // 41 sold, 50 are held for long
}

TEST(StockCount, RestocksByTheirRowsAndNotByTheirCount) {
  const StockCount count(kBegan);
  std::vector<Product> products = Mouse(110);
  EXPECT_THAT(count.Judge(products, products), IsEmpty());
  products[0].restocks = 9;
  EXPECT_THAT(count.Judge(products, products), SizeIs(1));
}

TEST(StockCount, OfAProductThatIsGone) {
  StockCount count(kBegan);
  count.Add(Of(5, EffectState::kReversed, kBegan));
  EXPECT_THAT(count.Judge({}, {}), IsEmpty());
  count.Add(Of(5, EffectState::kApplied, kBegan));
  const std::vector<Violation> violations = count.Judge({}, {});
  ASSERT_THAT(violations, SizeIs(1));
  EXPECT_EQ(violations[0].order_id, "mouse");
}

TEST(StockCount, NeverBelowZero) {
  StockCount count(kBegan);
  count.Add(Of(111, EffectState::kApplied, kBegan - absl::Hours(1)));
  EXPECT_THAT(count.Judge(Mouse(-1), Mouse(-1)), SizeIs(1));
}

}  // namespace
}  // namespace ordersaga::audit
