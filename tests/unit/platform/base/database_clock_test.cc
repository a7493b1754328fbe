#include "platform/base/database_clock.h"

#include <gtest/gtest.h>

namespace ordersaga {
namespace {

constexpr absl::Duration kTolerance = absl::Seconds(5);
const absl::Time kThere = absl::FromUnixSeconds(1'700'000'000);  // what the database says at first

class HandClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(0); }  // a local wall clock that is wrong
  absl::Duration Monotonic() const override { return elapsed; }
  absl::Duration elapsed = absl::Hours(3);
};

class DatabaseClockTest : public ::testing::Test {
 protected:
  DatabaseClockTest() { clock.Adjust(kThere); }
  // Time passes; the database, `ahead` of what it ought to say, is read every second.
  void Pass(absl::Duration time, absl::Duration ahead) {
    for (absl::Duration passed; passed < time; passed += absl::Seconds(1)) {
      local.elapsed += absl::Seconds(1);
      since += absl::Seconds(1);
      clock.Adjust(kThere + since + ahead);
      const absl::Time now = clock.Now();
      EXPECT_GT(now, last) << "it never stands still";
      EXPECT_LT(now - last, absl::Seconds(1.02)) << "and never leaps";
      last = now;
    }
  }
  absl::Duration Error() { return clock.Now() - (kThere + since); }

  HandClock local;
  DatabaseClock clock{local, kTolerance};
  absl::Duration since;
  absl::Time last = kThere;
};

TEST_F(DatabaseClockTest, BelievesTheDatabaseAndNotTheLocalWallClock) {
  EXPECT_EQ(clock.Now(), kThere);
  local.elapsed += absl::Seconds(7);
  EXPECT_EQ(clock.Now(), kThere + absl::Seconds(7));
}

TEST_F(DatabaseClockTest, FollowsASmallStepSlowlyBothWays) {
  for (const absl::Duration step : {absl::Seconds(3), -absl::Seconds(3)}) {
    Pass(absl::Seconds(10), step);
    EXPECT_LT(absl::AbsDuration(Error()), absl::Seconds(0.25)) << "nothing falls due at once";
    EXPECT_TRUE(clock.in_step());
    Pass(absl::Minutes(10), step);
    EXPECT_LT(absl::AbsDuration(Error() - step), absl::Milliseconds(20)) << "in the end it agrees";
    Pass(absl::Minutes(10), absl::ZeroDuration());
  }
}

TEST_F(DatabaseClockTest, DoesNotFollowALeapAndTells) {
  for (const absl::Duration leap : {absl::Hours(1), -absl::Hours(1)}) {
    Pass(absl::Minutes(30), leap);
    EXPECT_EQ(Error(), absl::ZeroDuration());
    EXPECT_FALSE(clock.in_step());
    EXPECT_EQ(clock.offset(), leap);
    Pass(absl::Seconds(1), absl::ZeroDuration());
    EXPECT_TRUE(clock.in_step()) << "the clock has been put right";
  }
}

TEST_F(DatabaseClockTest, AnAnswerThatCameLateIsNoReasonToFallBehind) {
  local.elapsed += absl::Seconds(2);
  clock.Adjust(kThere);  // was on its way for two seconds
  EXPECT_GT(clock.Now(), kThere + absl::Seconds(1.97));
}

}  // namespace
}  // namespace ordersaga
