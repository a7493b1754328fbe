#include "platform/pg/periodic.h"

#include <gtest/gtest.h>

#include <atomic>

#include "absl/synchronization/notification.h"

namespace ordersaga::pg {
namespace {

TEST(PeriodicTest, WorksAtOnceAndAgainAfterTheWait) {
  absl::Notification third;
  std::atomic<int> runs = 0;
  Periodic periodic({}, [&](PqxxSession&) {
    if (++runs == 3) third.Notify();
    return runs < 3 ? absl::Milliseconds(1) : absl::InfiniteDuration();
  });
  EXPECT_EQ(runs, 0);
  ASSERT_TRUE(periodic.Start().ok());
  third.WaitForNotification();
  periodic.Stop();
  EXPECT_EQ(runs, 3);
}

TEST(PeriodicTest, WakingEndsTheWait) {
  absl::Notification first, second;
  std::atomic<int> runs = 0;
  Periodic periodic({}, [&](PqxxSession&) {
    (++runs == 1 ? first : second).Notify();
    return absl::InfiniteDuration();
  });
  ASSERT_TRUE(periodic.Start().ok());
  first.WaitForNotification();
  periodic.Wake();
  second.WaitForNotification();
}

TEST(PeriodicTest, StoppingWaitsForTheWorkUnderWay) {
  absl::Notification began, go_on;
  std::atomic<bool> done = false;
  Periodic periodic({}, [&](PqxxSession&) {
    began.Notify();
    go_on.WaitForNotification();
    done = true;
    return absl::InfiniteDuration();
  });
  ASSERT_TRUE(periodic.Start().ok());
  began.WaitForNotification();
  std::thread stopping([&] { periodic.Stop(); });
  EXPECT_FALSE(done);
  go_on.Notify();
  stopping.join();
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace ordersaga::pg
