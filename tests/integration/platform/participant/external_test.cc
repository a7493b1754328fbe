// The library with an external provider on it, against PostgreSQL: the one of the README.
#include <deque>

#include "examples/parcels/parcels.h"
#include "tests/integration/platform/participant/calls.h"
#include "tests/integration/platform/participant/test_database.h"

namespace ordersaga::participant {
namespace {

// Answers when it is told to, in the order of the calls.
class SlowCourier final : public parcels::Courier {
 public:
  void Collect(const std::string& key, const std::string& /*address*/, Done done) override {
    Add({"collect " + key, std::move(done)});
  }
  void BringBack(const std::string& key, Done done) override { Add({"bring back " + key, std::move(done)}); }

  // What it is asked next; waits for it.
  std::string Answer(ProviderReply reply) {
    mu_.LockWhen(absl::Condition(
        +[](std::deque<Call>* calls) { return !calls->empty(); }, &calls_));
    Call call = std::move(calls_.front());
    calls_.pop_front();
    mu_.Unlock();
    call.done(std::move(reply));
    return call.what;
  }
  void AwaitCalls(std::size_t count) {
    const auto there = [&] { return calls_.size() == count; };
    mu_.LockWhen(absl::Condition(&there));
    mu_.Unlock();
  }
  std::string Confirm() { return Answer({ProviderReply::Kind::kDone, "number 1"}); }
  bool idle() {
    absl::MutexLock lock(&mu_);
    return calls_.empty();
  }

 private:
  struct Call {
    std::string what;
    Courier::Done done;
  };
  void Add(Call call) {
    absl::MutexLock lock(&mu_);
    calls_.push_back(std::move(call));
  }
  absl::Mutex mu_;
  std::deque<Call> calls_ ABSL_GUARDED_BY(mu_);
};

class ExternalTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!TestDatabase::there()) GTEST_SKIP() << "TEST_DATABASE_URL is not set";
    database_.emplace(parcels::Migrations());
    shipping_ = Start();
  }
  std::unique_ptr<Participant> Start(Patience patience = {}) {
    auto shipping = std::make_unique<Participant>("shipping", TurnLoopOptions{.session = database_->options()}, clock_,
                                                  parcels_, patience);
    EXPECT_TRUE(shipping->Start().ok());
    return shipping;
  }
  std::future<Outcome> Ship(const std::string& key, const std::string& address = "here") {
    return std::async(std::launch::async, [=, this] { return Act(*shipping_, Action(key), address); });
  }
  std::future<Outcome> CallBack(const std::string& key) {
    return std::async(std::launch::async, [=, this] { return Compensate(*shipping_, Compensation(key)); });
  }
  std::string Parcels() { return database_->Ask("SELECT count(*) FROM parcels"); }

  SystemClock clock_;
  std::optional<TestDatabase> database_;
  SlowCourier courier_;
  parcels::Parcels parcels_{courier_};
  std::unique_ptr<Participant> shipping_;
};

TEST_F(ExternalTest, RepeatsJoinTheCallAndTheBookIsWrittenOnce) {
  std::vector<std::future<Outcome>> outcomes;
  for (int i = 0; i < 20; ++i) outcomes.push_back(Ship("key"));
  EXPECT_EQ(courier_.Confirm(), "collect key");
  for (std::future<Outcome>& outcome : outcomes) EXPECT_EQ(outcome.get().action, Applied("number 1"));
  EXPECT_TRUE(courier_.idle());
  EXPECT_EQ(Parcels(), "1");
}

TEST_F(ExternalTest, WhatTheServiceRefusesTheProviderIsNeverAsked) {
  EXPECT_EQ(Ship("key", "the moon").get().action.reason, "TOO_FAR");
  EXPECT_TRUE(courier_.idle());
  EXPECT_EQ(Parcels(), "0");
}

TEST_F(ExternalTest, ARestartAsksAgainAndWhatIsUndoneMeanwhileIsUndoneOnCompletion) {
  std::future<Outcome> lost = Ship("key");
  EXPECT_EQ(courier_.Answer({}), "collect key");
  EXPECT_TRUE(absl::IsUnavailable(lost.get().status));
  shipping_ = Start();  // asks by itself
  EXPECT_TRUE(absl::IsUnavailable(CallBack("key").get().status)) << "the courier has been asked and has not answered";
  EXPECT_EQ(courier_.Confirm(), "collect key");
  EXPECT_EQ(courier_.Confirm(), "bring back key");
  EXPECT_TRUE(CallBack("key").get().undone);
  EXPECT_TRUE(Ship("key").get().action.applied) << "the answer that was given then";
  EXPECT_EQ(Parcels(), "1");
}

TEST_F(ExternalTest, WhatNobodyAsksAboutAnyMoreIsBroughtToItsEnd) {
  shipping_ = Start({.first = absl::Milliseconds(50), .longest = absl::Milliseconds(50)});
  EXPECT_TRUE(courier_.idle());
  std::future<Outcome> gone = Ship("key");
  EXPECT_EQ(courier_.Answer({}), "collect key");
  EXPECT_TRUE(absl::IsUnavailable(gone.get().status));
  EXPECT_EQ(courier_.Answer({}), "collect key") << "asked again, by nobody's order";
  EXPECT_EQ(courier_.Confirm(), "collect key") << "and again, after a failure";
  EXPECT_TRUE(Ship("key").get().action.applied) << "without the courier";
  EXPECT_EQ(Parcels(), "1");
  gone = CallBack("key");
  EXPECT_EQ(courier_.Answer({}), "bring back key");
  EXPECT_TRUE(absl::IsUnavailable(gone.get().status));
  EXPECT_EQ(courier_.Confirm(), "bring back key");
  EXPECT_TRUE(CallBack("key").get().undone);
}

TEST_F(ExternalTest, TwoReplicasThatResumeTheSameBookItOnce) {
  const Patience soon{.first = absl::Milliseconds(50), .longest = absl::Milliseconds(50)};
  shipping_ = Start(soon);
  std::future<Outcome> gone = Ship("key");
  EXPECT_EQ(courier_.Answer({}), "collect key");
  EXPECT_TRUE(absl::IsUnavailable(gone.get().status));
  const std::unique_ptr<Participant> other = Start(soon);
  courier_.AwaitCalls(2);  // each has asked, and asks no more while it waits
  EXPECT_EQ(courier_.Confirm(), "collect key");
  EXPECT_EQ(courier_.Confirm(), "collect key");
  EXPECT_TRUE(Ship("key").get().action.applied);
  EXPECT_EQ(Parcels(), "1");
}

TEST_F(ExternalTest, AStoredRequestThatCannotBeReadIsNoAnswerAndStopsNothing) {
  class Throwing final : public parcels::Courier {
    void Collect(const std::string&, const std::string&, Done) override { throw std::runtime_error("not JSON"); }
    void BringBack(const std::string&, Done done) override { done({}); }
  } throwing;
  parcels::Parcels parcels(throwing);
  Participant shipping("shipping", {.session = database_->options()}, clock_, parcels);
  ASSERT_TRUE(shipping.Start().ok());
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(absl::IsUnavailable(Act(shipping, Action("key"), "here").status));
}

}  // namespace
}  // namespace ordersaga::participant
