// The library with a participant on it, against PostgreSQL: the one of the README.
#include <atomic>
#include <random>

#include "tests/integration/platform/participant/calls.h"
#include "tests/integration/platform/participant/loyalty_points.h"
#include "tests/integration/platform/participant/test_database.h"

namespace ordersaga::participant {
namespace {

class LocalTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!TestDatabase::there()) GTEST_SKIP() << "TEST_DATABASE_URL is not set";
    database_.emplace(loyalty::Migrations());
    loyalty_.emplace("loyalty", TurnLoopOptions{.session = database_->options()}, clock_, points_);
    ASSERT_TRUE(loyalty_->Start().ok());
  }

  static Outcome Earn(Participant& loyalty, const ActionRequest& action, std::int64_t points,
                      const std::string& customer = "ann") {
    return Act(loyalty, action, loyalty::Encode(customer, points));
  }
  Outcome Earn(const std::string& key, std::int64_t points) { return Earn(*loyalty_, Action(key), points); }
  static Outcome TakeBack(Participant& loyalty, const std::string& key) {
    return Compensate(loyalty, Compensation(key));
  }
  Outcome TakeBack(const std::string& key) { return TakeBack(*loyalty_, key); }
  std::string Points() { return database_->Ask("SELECT coalesce(sum(points), 0) FROM points"); }

  SystemClock clock_;
  std::optional<TestDatabase> database_;
  loyalty::Points points_;
  std::optional<Participant> loyalty_;
};

TEST_F(LocalTest, FiftyThreadsWithOneKeyMakeOneEffectAndGetOneAnswer) {
  const auto outcomes = AskAtOnce(50, [this] { return Earn("key", 10); });
  for (const Outcome& outcome : outcomes) {
    ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
    EXPECT_EQ(outcome.action, outcomes.front().action);
  }
  EXPECT_TRUE(outcomes.front().action.applied);
  EXPECT_EQ(Points(), "10");
}

TEST_F(LocalTest, FiftyThreadsOnTwoProcessesMakeOneEffect) {
  loyalty::Points points;
  Participant other("loyalty", {.session = database_->options()}, clock_, points);
  ASSERT_TRUE(other.Start().ok());
  std::atomic<int> turn{0};
  const auto outcomes = AskAtOnce(50, [&] {
    Participant& loyalty = ++turn % 2 == 0 ? *loyalty_ : other;
    Outcome outcome;
    do {  // a lost race is UNAVAILABLE; a repeat is safe
      outcome = Earn(loyalty, Action("key"), 10);
    } while (absl::IsUnavailable(outcome.status));
    return outcome;
  });
  for (const Outcome& outcome : outcomes) EXPECT_EQ(outcome.action, outcomes.front().action);
  EXPECT_EQ(Points(), "10");
}

// A commit that only this server has may be gone after a failover. Neither it nor a repeat may say that it is done: the
// repeat locks the record, so its own commit has to wait for the standby too.
TEST_F(LocalTest, WhatIsCommittedHereOnlyIsNoAnswerNotEvenToARepeat) {
  loyalty::Points points;
  Participant waiting("loyalty", {.session = database_->synchronous_options()}, clock_, points);
  ASSERT_TRUE(waiting.Start().ok());
  for (int i = 0; i < 3; ++i) {
    std::future<Outcome> outcome = std::async(std::launch::async, [&] { return Earn(waiting, Action("key"), 10); });
    database_->AwaitCommitThatWaits();
    database_->CutWaitsShort();
    EXPECT_TRUE(absl::IsUnavailable(outcome.get().status));
  }
  EXPECT_EQ(Points(), "10") << "here it is, once";
}

TEST_F(LocalTest, ARejectionIsStoredForEver) {
  EXPECT_EQ(Earn("much", 1'000'001).action.reason, "ACCOUNT_FULL");
  EXPECT_EQ(Earn("much", 1'000'001).action.reason, "ACCOUNT_FULL");
  EXPECT_EQ(Points(), "0");
}

TEST_F(LocalTest, TheSameKeyWithAnotherBodyIsRefused) {
  ASSERT_TRUE(Earn("key", 10).action.applied);
  const Outcome outcome = Earn("key", 11);
  EXPECT_TRUE(absl::IsFailedPrecondition(outcome.status));
  EXPECT_EQ(ReasonOf(outcome.status), kKeyReused);
  EXPECT_EQ(Points(), "10");
}

TEST_F(LocalTest, ACompensationBeforeItsActionBarsIt) {
  EXPECT_FALSE(TakeBack("key").undone);
  const Outcome late = Earn("key", 10);
  EXPECT_FALSE(late.action.applied);
  EXPECT_EQ(late.action.reason, kCompensated);
  EXPECT_EQ(Points(), "0");
}

TEST_F(LocalTest, ACompensationAfterItsActionUndoesItOnce) {
  ASSERT_TRUE(Earn("key", 10).action.applied);
  for (const Outcome& outcome : AskAtOnce(50, [this] { return TakeBack("key"); })) EXPECT_TRUE(outcome.undone);
  EXPECT_EQ(Points(), "0");
  EXPECT_TRUE(Earn("key", 10).action.applied) << "the answer that was given then";
  EXPECT_EQ(Points(), "0");
}

TEST_F(LocalTest, WhatCannotBeTakenBackIsAnErrorAndNeverDone) {
  ASSERT_TRUE(Earn("key", 10).action.applied);
  database_->Do("UPDATE points SET points = 3");  // he has spent some
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(absl::IsInternal(TakeBack("key").status));
  EXPECT_EQ(Points(), "3");
  database_->Do("DELETE FROM points");
  EXPECT_TRUE(absl::IsInternal(TakeBack("key").status));
  database_->Do("INSERT INTO points VALUES ('ann', 10)");
  EXPECT_TRUE(TakeBack("key").undone);
  EXPECT_EQ(Points(), "0");
}

TEST_F(LocalTest, AnActionAfterItsNotAfterIsRejectedByTheDatabasesClock) {
  ActionRequest late = Action("late");
  late.not_after = clock_.Now() - absl::Seconds(1);
  EXPECT_EQ(Earn(*loyalty_, late, 10).action.reason, kExpired);
  ActionRequest in_time = Action("in time");
  in_time.not_after = clock_.Now() + absl::Minutes(1);
  EXPECT_TRUE(Earn(*loyalty_, in_time, 10).action.applied);
}

TEST_F(LocalTest, OnlyTombstonesPastTheirTimeArePurged) {
  const auto tombstone = [&](const std::string& key, absl::Duration age) {
    CompensationRequest request = Compensation(key);
    request.not_after = clock_.Now() - age;
    Compensate(*loyalty_, request);
  };
  tombstone("old", absl::Hours(25));
  tombstone("young", absl::Hours(23));
  ActionRequest action = Action("applied");
  action.not_after = clock_.Now() + absl::Minutes(1);
  ASSERT_TRUE(Earn(*loyalty_, action, 10).action.applied);
  database_->Do("UPDATE effects SET not_after = not_after - interval '9 days' WHERE state = 'applied'");
  TakeBack("without a limit");
  pg::PqxxSession session(database_->options());
  std::int64_t purged = 0;
  ASSERT_TRUE(session
                  .Run([&](pg::PqxxTx& tx) {
                    purged = EffectStore().PurgeTombstones(tx);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(purged, 1);
  EXPECT_EQ(database_->Ask("SELECT string_agg(action_key, ',' ORDER BY action_key) FROM effects"),
            "applied,without a limit,young");
  // The action whose tombstone is gone is still too late.
  ActionRequest late = Action("old");
  late.not_after = clock_.Now() - absl::Hours(25);
  EXPECT_EQ(Earn(*loyalty_, late, 10).action.reason, kExpired);
}

TEST_F(LocalTest, ARequestWhoseCallerHasGoneCostsNoTransaction) {
  ASSERT_TRUE(Earn("first", 1).status.ok());
  const std::int64_t turns = loyalty_->loop().turns();
  const Outcome outcome = Act(*loyalty_, Action("late"), loyalty::Encode("ann", 1), clock_.Now() - absl::Seconds(1));
  EXPECT_TRUE(absl::IsDeadlineExceeded(outcome.status));
  EXPECT_EQ(loyalty_->loop().turns(), turns);
  EXPECT_EQ(Points(), "1");
}

TEST_F(LocalTest, WithoutItsDatabaseItSaysSoAtOnceAndRecoversByItself) {
  ASSERT_TRUE(Earn("before", 1).status.ok());
  database_->Close();
  const absl::Duration start = clock_.Monotonic();
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(absl::IsUnavailable(Earn("during", 1).status));
  }
  EXPECT_LT(clock_.Monotonic() - start, absl::Seconds(5));
  database_->Open();
  EXPECT_TRUE(Earn("during", 1).action.applied);
  EXPECT_EQ(Points(), "2");
}

// Two processes, actions, compensations and repeats in random order, connections cut at random moments. Afterwards each
// customer has the points of the actions that were applied and not undone.
TEST_F(LocalTest, RandomInterleavingsLeaveTheSumRight) {
  loyalty::Points points;
  Participant other("loyalty", {.session = database_->options()}, clock_, points);
  ASSERT_TRUE(other.Start().ok());
  std::atomic<bool> ended{false};
  std::thread saboteur([&] {
    std::mt19937 random(7);
    while (!ended) {
      database_->CutConnections();
      for (int i = 0; i < static_cast<int>(random() % 40) && !ended; ++i) database_->Ask("SELECT 1");
    }
  });
  constexpr int kKeys = 40;
  std::vector<std::atomic<int>> compensated(kKeys);
  std::atomic<unsigned> seeds{1};
  AskAtOnce(16, [&] {
    std::mt19937 random(++seeds);
    for (int i = 0; i < 60; ++i) {
      const int number = static_cast<int>(random() % kKeys);
      Participant& loyalty = random() % 2 == 0 ? *loyalty_ : other;
      const std::string key = "key-" + std::to_string(number);
      if (random() % 4 != 0) {
        Earn(loyalty, Action(key), number + 1);
      } else if (TakeBack(loyalty, key).status.ok()) {
        compensated[static_cast<std::size_t>(number)] = 1;
      }
    }
    return 0;
  });
  ended = true;
  saboteur.join();
  std::int64_t expected = 0;
  for (int number = 0; number < kKeys; ++number) {
    Outcome outcome;
    do {
      outcome = Earn("key-" + std::to_string(number), number + 1);
    } while (absl::IsUnavailable(outcome.status));
    const std::string state =
        database_->Ask("SELECT state FROM effects WHERE action_key = 'key-" + std::to_string(number) + "'");
    if (compensated[static_cast<std::size_t>(number)] == 1) {
      EXPECT_TRUE(state == "voided" || state == "reversed") << state;
    }
    EXPECT_EQ(outcome.action.applied, state != "voided");
    if (state == "applied") expected += number + 1;
  }
  EXPECT_EQ(Points(), std::to_string(expected));
}

}  // namespace
}  // namespace ordersaga::participant
