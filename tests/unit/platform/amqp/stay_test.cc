#include "platform/amqp/stay.h"

#include <gtest/gtest.h>

namespace ordersaga::amqp {
namespace {

TEST(Stay, LeavesAtTheFirstRefusalAndGivesWhatIsInFlightASecond) {
  Stay stay(absl::Seconds(1), absl::Seconds(30));
  stay.Begin();
  EXPECT_FALSE(stay.leaving());
  EXPECT_TRUE(stay.OnRefused(absl::Seconds(100)));
  EXPECT_TRUE(stay.leaving());
  EXPECT_EQ(stay.leave_by(), absl::Seconds(101));
  EXPECT_FALSE(stay.OnRefused(absl::Seconds(100))) << "it has left already";
}

TEST(Stay, WhereLeavingDoesNotHelpItBecomesSeldom) {
  Stay stay(absl::Seconds(1), absl::Seconds(4));
  absl::Duration now = absl::Seconds(100);
  for (const int kept : {1, 2, 4, 4}) {
    stay.Begin();
    EXPECT_TRUE(stay.OnRefused(now));
    stay.Begin();
    EXPECT_FALSE(stay.OnRefused(now + absl::Seconds(kept) - absl::Milliseconds(1))) << kept;
    now += absl::Seconds(kept);
  }
}

TEST(Stay, AfterAQuietTimeItLeavesQuicklyAgain) {
  Stay stay(absl::Seconds(1), absl::Seconds(4));
  for (const int at : {100, 101, 103}) {
    stay.Begin();
    EXPECT_TRUE(stay.OnRefused(absl::Seconds(at)));
  }
  stay.Begin();
  EXPECT_TRUE(stay.OnRefused(absl::Seconds(200)));
  stay.Begin();
  EXPECT_TRUE(stay.OnRefused(absl::Seconds(201)));
}

}  // namespace
}  // namespace ordersaga::amqp
