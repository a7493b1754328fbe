// Notices against PostgreSQL and a sender that does what it is told.
#include "services/notification/store/notice_effects.h"

#include <deque>

#include "tests/integration/platform/participant/calls.h"
#include "tests/integration/platform/participant/test_database.h"

namespace ordersaga::notification {
namespace {

using participant::Outcome;
using participant::Participant;

class FakeSender final : public Sender {
 public:
  void Send(Mail mail, std::function<void(absl::Status)> done) override {
    absl::Status result;
    {
      absl::MutexLock lock(&mu_);
      mails_.push_back(std::move(mail));
      if (!script_.empty()) {
        result = script_.front();
        script_.pop_front();
      }
    }
    std::thread([done = std::move(done), result] { done(result); }).detach();
  }
  void Fail(int times) {
    absl::MutexLock lock(&mu_);
    script_.assign(static_cast<std::size_t>(times), absl::UnavailableError("451"));
  }
  std::vector<Mail> mails() {
    absl::MutexLock lock(&mu_);
    return mails_;
  }

 private:
  absl::Mutex mu_;
  std::vector<Mail> mails_ ABSL_GUARDED_BY(mu_);
  std::deque<absl::Status> script_ ABSL_GUARDED_BY(mu_);
};

class NoticesTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!TestDatabase::there()) GTEST_SKIP() << "TEST_DATABASE_URL is not set";
    database_.emplace(participant::Migrations({}));
    notices_ = StartNotices();
  }

  std::unique_ptr<Participant> StartNotices() {
    auto notices = std::make_unique<Participant>(
        "notification", participant::TurnLoopOptions{.session = database_->options()}, clock_, effects_);
    EXPECT_TRUE(notices->Start().ok());
    return notices;
  }
  Outcome Notify(const std::string& key) {
    Notice notice;
    notice.user_email = "you@example.com";
    return Act(*notices_, Action(key), EncodeNotice(notice));
  }

  SystemClock clock_;
  std::optional<TestDatabase> database_;
  FakeSender sender_;
  NoticeEffects effects_{sender_, "shop@example.com"};
  std::unique_ptr<Participant> notices_;
};

TEST_F(NoticesTest, FiftyThreadsWithOneKeySendOneMailAndGetOneAnswer) {
  const auto outcomes = AskAtOnce(50, [this] { return Notify("key"); });
  for (const Outcome& outcome : outcomes) {
    ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
    EXPECT_EQ(outcome.action, outcomes.front().action);
  }
  EXPECT_EQ(outcomes.front().action.answer, MessageIdOf("key"));
  EXPECT_EQ(sender_.mails().size(), 1U);
}

TEST_F(NoticesTest, AMailThatCouldNotBeSentGoesOutUnchangedWhenAskedForAgain) {
  sender_.Fail(2);
  EXPECT_TRUE(absl::IsUnavailable(Notify("key").status));
  EXPECT_TRUE(absl::IsUnavailable(Notify("key").status));
  EXPECT_TRUE(Notify("key").action.applied);
  EXPECT_TRUE(Notify("key").action.applied);
  ASSERT_EQ(sender_.mails().size(), 3U);
  EXPECT_EQ(sender_.mails()[0].text, sender_.mails()[2].text);
}

TEST_F(NoticesTest, ARestartSendsWhatWasInProgress) {
  sender_.Fail(1);
  EXPECT_TRUE(absl::IsUnavailable(Notify("key").status));
  notices_ = StartNotices();
  EXPECT_TRUE(Notify("key").action.applied);
  ASSERT_EQ(sender_.mails().size(), 2U);
  EXPECT_EQ(sender_.mails()[0].text, sender_.mails()[1].text);
}

}  // namespace
}  // namespace ordersaga::notification
