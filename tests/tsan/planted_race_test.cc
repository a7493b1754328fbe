// The thread sanitizer's lane is only worth its time while it finds a race that is there, and is silent where
// absl::Mutex keeps order: both are tried here. A report ends a process with exit code 66.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace ordersaga {
namespace {

constexpr int kReport = 66;

void Together(const std::function<void()>& one, const std::function<void()>& other) {
  std::thread thread(one);
  other();
  thread.join();
}

void CountWithoutLock() {
  int count = 0;
  Together([&] { ++count; }, [&] { ++count; });
  std::exit(0);
}

void CountWithOneSideLocked() {
  absl::Mutex mu;
  int count = 0;
  Together(
      [&] {
        absl::MutexLock lock(&mu);
        ++count;
      },
      [&] { ++count; });
  std::exit(0);
}

void LockInTwoOrders() {
  absl::Mutex a;
  absl::Mutex b;
  const auto nested = [](absl::Mutex& outer, absl::Mutex& inner) {
    absl::MutexLock first(&outer);
    absl::MutexLock second(&inner);
  };
  std::thread([&] { nested(a, b); }).join();
  std::thread([&] { nested(b, a); }).join();
  std::exit(0);
}

class PlantedRace : public testing::Test {
 protected:
  void SetUp() override { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST_F(PlantedRace, WithoutALockIsFound) {
  EXPECT_EXIT(CountWithoutLock(), testing::ExitedWithCode(kReport), "data race");
}

TEST_F(PlantedRace, WithALockOnOneSideOnlyIsFound) {
  EXPECT_EXIT(CountWithOneSideLocked(), testing::ExitedWithCode(kReport), "data race");
}

TEST_F(PlantedRace, LocksInTwoOrdersAreFound) {
  EXPECT_DEATH(LockInTwoOrders(), "lock-order-inversion");  // abseil, which looks for it too, aborts
}

// From here on silence is the proof: a report would make this very process fail.
TEST(NoRace, UnderAMutex) {
  absl::Mutex mu;
  int count = 0;
  const auto add = [&] {
    for (int i = 0; i < 1000; ++i) {
      absl::MutexLock lock(&mu);
      ++count;
    }
  };
  Together(add, add);
  EXPECT_EQ(count, 2000);
}

TEST(NoRace, WhereAConditionIsAwaited) {
  absl::Mutex mu;
  bool ready = false;
  int payload = 0;
  Together(
      [&] {
        payload = 7;
        absl::MutexLock lock(&mu);
        ready = true;
      },
      [&] {
        absl::MutexLock lock(&mu);
        mu.AwaitWithTimeout(absl::Condition(&ready), absl::Minutes(1));
        EXPECT_EQ(payload, 7);
      });
}

TEST(NoRace, WhereACondVarIsAwaited) {
  absl::Mutex mu;
  absl::CondVar changed;
  int payload = 0;
  Together(
      [&] {
        absl::MutexLock lock(&mu);
        payload = 7;
        changed.SignalAll();
      },
      [&] {
        absl::MutexLock lock(&mu);
        while (payload == 0) changed.WaitWithTimeout(&mu, absl::Minutes(1));
        EXPECT_EQ(payload, 7);
      });
}

TEST(NoRace, BehindANotification) {
  absl::Notification done;
  int payload = 0;
  Together(
      [&] {
        payload = 7;
        done.Notify();
      },
      [&] {
        done.WaitForNotification();
        EXPECT_EQ(payload, 7);
      });
}

}  // namespace
}  // namespace ordersaga
