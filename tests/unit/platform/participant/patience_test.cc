#include "platform/participant/core/patience.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/platform/participant/moment.h"

namespace ordersaga::participant {
namespace {

EffectRecord Since(absl::Time time, EffectState state = EffectState::kInProgress) {
  EffectRecord record;
  record.state = state;
  record.updated_at = time;
  return record;
}

// The ages in minutes at which an effect is asked about, if somebody looks every `step` for `minutes`.
std::vector<std::int64_t> Asked(absl::Duration step, std::int64_t minutes) {
  std::vector<std::int64_t> asked;
  absl::Duration looked;
  for (absl::Duration age; age <= absl::Minutes(minutes); age += step) {
    if (IsDue({}, Since(kNow), kNow + looked, kNow + age)) asked.push_back(absl::ToInt64Minutes(age));
    looked = age;
  }
  return asked;
}

TEST(PatienceTest, AnEffectIsAskedAboutAfterAMinuteAndThenEverMoreSeldomButAlwaysAgain) {
  const std::vector<std::int64_t> expected = {1, 2, 4, 8, 16, 32, 92, 152, 212};
  EXPECT_EQ(Asked(absl::Seconds(15), 240), expected);
  EXPECT_EQ(Asked(absl::Seconds(1), 240), expected);
}

TEST(PatienceTest, WhoHasNotLookedForLongAsksOnce) {
  EXPECT_TRUE(IsDue({}, Since(kNow), kNow, kNow + absl::Hours(5)));
  EXPECT_FALSE(IsDue({}, Since(kNow), kNow + absl::Hours(5), kNow + absl::Hours(5)));
}

TEST(PatienceTest, WhatIsSettledIsLeftAlone) {
  const absl::Time now = kNow + absl::Hours(5);
  EXPECT_TRUE(IsDue({}, Since(kNow, EffectState::kReversing), kNow, now));
  for (const EffectState state :
       {EffectState::kApplied, EffectState::kRejected, EffectState::kVoided, EffectState::kReversed}) {
    EXPECT_FALSE(IsDue({}, Since(kNow, state), kNow, now)) << Name(state);
  }
}

TEST(PatienceTest, AClockThatWasSetBackKeepsNothingForEver) {
  const absl::Time future = kNow + absl::Hours(24 * 365);
  int asked = 0;
  for (int i = 1; i <= 240; ++i) {
    asked += IsDue({}, Since(future), kNow + absl::Minutes(i - 1), kNow + absl::Minutes(i)) ? 1 : 0;
  }
  EXPECT_EQ(asked, 4) << "once an hour";
}

}  // namespace
}  // namespace ordersaga::participant
