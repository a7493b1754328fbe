// Closures run later, in the order of their times, on one thread. The clock is set by hand: it decides what is due.
#include "platform/runtime/timer_thread.h"

#include <gtest/gtest.h>

#include <atomic>

#include "absl/synchronization/notification.h"

namespace ordersaga {
namespace {

class HandClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch() + Monotonic(); }
  absl::Duration Monotonic() const override { return absl::Seconds(seconds_.load()); }
  void Pass(std::int64_t seconds) { seconds_ += seconds; }

 private:
  std::atomic<std::int64_t> seconds_{0};
};

class TimerThreadTest : public ::testing::Test {
 protected:
  void Add(std::int64_t seconds, std::string name) {
    timers_.After(absl::Seconds(seconds), [this, name] { ran_ += name; });
  }

  // What has run until now. A timer that is due at once also wakes the thread to look at the clock again.
  std::string Ran() {
    absl::Notification looked;
    timers_.After(absl::ZeroDuration(), [&] { looked.Notify(); });
    looked.WaitForNotification();
    return ran_;
  }

  HandClock clock_;
  std::string ran_;  // of the thread's, read after Notify
  TimerThread timers_{clock_};
};

TEST_F(TimerThreadTest, TheEarliestRunsFirstAndEqualTimesRunInTheirOrder) {
  ASSERT_TRUE(timers_.Start().ok());
  Add(3600, "d");
  Add(60, "a");
  Add(61, "b");
  Add(61, "c");
  EXPECT_EQ(Ran(), "");
  clock_.Pass(60);
  EXPECT_EQ(Ran(), "a");
  clock_.Pass(3600);
  EXPECT_EQ(Ran(), "abcd");
}

TEST_F(TimerThreadTest, AnEarlierTimerIsNotSleptOver) {
  ASSERT_TRUE(timers_.Start().ok());
  Add(3600, "late");
  EXPECT_EQ(Ran(), "");  // the thread sleeps for an hour now
  absl::Notification early;
  timers_.After(absl::ZeroDuration(), [&] { early.Notify(); });
  EXPECT_TRUE(early.WaitForNotificationWithTimeout(absl::Seconds(30)));
}

TEST_F(TimerThreadTest, AClosureMayAddTheNext) {
  ASSERT_TRUE(timers_.Start().ok());
  absl::Notification second;
  timers_.After(absl::ZeroDuration(), [&] { timers_.After(absl::ZeroDuration(), [&] { second.Notify(); }); });
  EXPECT_TRUE(second.WaitForNotificationWithTimeout(absl::Seconds(30)));
}

TEST_F(TimerThreadTest, WhatWasAddedBeforeStartRuns) {
  Add(0, "a");
  ASSERT_TRUE(timers_.Start().ok());
  EXPECT_EQ(Ran(), "a");
}

TEST_F(TimerThreadTest, StopDropsWhatIsNotDueAndDoesNotWaitForIt) {
  ASSERT_TRUE(timers_.Start().ok());
  Add(3600, "a");
  timers_.Stop();
  EXPECT_EQ(ran_, "");
}

}  // namespace
}  // namespace ordersaga
