#include "platform/base/turn_spacing.h"

#include <gtest/gtest.h>

namespace ordersaga {
namespace {

constexpr absl::Duration kApart = absl::Milliseconds(10);
constexpr absl::Duration kNow = absl::Hours(3);

TEST(TurnSpacing, TheFirstTurnBeginsAtOnce) {
  EXPECT_EQ(TurnSpacing(kApart).Wait(absl::ZeroDuration()), absl::ZeroDuration());
}

TEST(TurnSpacing, AfterASmallTurnTheNextBeginsAtOnce) {
  TurnSpacing spacing(kApart);
  spacing.Began(3, kNow);
  EXPECT_EQ(spacing.Wait(kNow), absl::ZeroDuration());
}

TEST(TurnSpacing, AfterATurnWithCompanyTheNextWaitsForTheRestOfTheTime) {
  TurnSpacing spacing(kApart);
  spacing.Began(4, kNow);
  EXPECT_EQ(spacing.Wait(kNow + absl::Milliseconds(3)), absl::Milliseconds(7));
  EXPECT_EQ(spacing.Wait(kNow + kApart), absl::ZeroDuration());
  spacing.Began(1, kNow + kApart);
  EXPECT_EQ(spacing.Wait(kNow + kApart), absl::ZeroDuration());
}

TEST(TurnSpacing, WithACompanyOfOneEveryTurnKeepsTheNextOneOff) {
  TurnSpacing spacing(kApart, 1);
  EXPECT_EQ(spacing.Wait(kNow), absl::ZeroDuration());
  spacing.Began(1, kNow);
  EXPECT_EQ(spacing.Wait(kNow), kApart);
}

}  // namespace
}  // namespace ordersaga
