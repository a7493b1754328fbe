#include "orchestrator/engine/pace.h"

#include <gtest/gtest.h>

namespace ordersaga::orchestrator {
namespace {

// `rate` a second for `seconds`, evenly. Returns when that is over.
absl::Duration Steadily(Pace& pace, int rate, int seconds) {
  const absl::Duration between = absl::Seconds(1) / rate;
  absl::Duration now;
  for (int i = 0; i < rate * seconds; ++i) {
    now += between;
    pace.Ended(1, now);
  }
  return now;
}

TEST(Pace, IsWhatIsUnderWayByTheRate) {
  Pace pace;
  const absl::Duration now = Steadily(pace, 1000, 10);
  EXPECT_NEAR(absl::ToDoubleSeconds(pace.Expected(300, now)), 0.3, 0.003);
  EXPECT_NEAR(absl::ToDoubleSeconds(pace.Expected(2000, now)), 2.0, 0.02);
}

TEST(Pace, FollowsAChangeWithinSeconds) {
  Pace pace;
  absl::Duration now = Steadily(pace, 1000, 5);
  for (int i = 0; i < 500; ++i) pace.Ended(1, now += absl::Milliseconds(10));
  EXPECT_NEAR(absl::ToDoubleSeconds(pace.Expected(100, now)), 1.0, 0.1);
}

TEST(Pace, AHandfulNeverWaits) {
  EXPECT_EQ(Pace().Expected(31, absl::Hours(1)), absl::ZeroDuration());
}

TEST(Pace, WithoutAnyEndItIsForEver) {
  EXPECT_EQ(Pace().Expected(32, absl::Seconds(1)), absl::InfiniteDuration());
  Pace pace;
  const absl::Duration now = Steadily(pace, 1000, 5);
  EXPECT_EQ(pace.Expected(32, now + absl::Minutes(5)), absl::InfiniteDuration());
}

}  // namespace
}  // namespace ordersaga::orchestrator
