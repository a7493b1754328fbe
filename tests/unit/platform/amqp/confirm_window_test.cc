#include "platform/amqp/confirm_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace ordersaga::amqp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// A window whose messages are called "a", "b", ... and that writes down what became of them.
class ConfirmWindowTest : public ::testing::Test {
 protected:
  void Send(const std::string& ids) {
    for (const char id : ids) {
      window_.Add(std::string(1, id), absl::Seconds(++seconds_),
                  [this, id](Outcome outcome) { outcomes_.emplace(id, outcome); });
    }
  }

  // What the step just taken has settled, in alphabetical order.
  std::multimap<char, Outcome> Settled() {
    for (auto& [done, outcome] : settled_) done(outcome);
    settled_.clear();
    return std::exchange(outcomes_, {});
  }

  ConfirmWindow window_;
  ConfirmWindow::Settled settled_;
  std::multimap<char, Outcome> outcomes_;
  int seconds_ = 0;
};

TEST_F(ConfirmWindowTest, ConfirmsOneMessageByItsTag) {
  Send("abc");
  window_.Confirm(2, /*multiple=*/false, /*ok=*/true, &settled_);
  EXPECT_THAT(Settled(), ElementsAre(Pair('b', Outcome::kConfirmed)));
  EXPECT_EQ(window_.size(), 2U);
  EXPECT_EQ(window_.oldest(), absl::Seconds(1));
}

TEST_F(ConfirmWindowTest, MultipleConfirmsEverythingUpToTheTagThatIsStillOpen) {
  Send("abcd");
  window_.Confirm(2, false, true, &settled_);
  Settled();
  window_.Confirm(3, /*multiple=*/true, true, &settled_);
  EXPECT_THAT(Settled(), ElementsAre(Pair('a', Outcome::kConfirmed), Pair('c', Outcome::kConfirmed)));
  EXPECT_EQ(window_.oldest(), absl::Seconds(4));
}

TEST_F(ConfirmWindowTest, TagZeroWithMultipleMeansAll) {
  Send("ab");
  window_.Confirm(0, true, true, &settled_);
  EXPECT_EQ(Settled().size(), 2U);
  EXPECT_TRUE(window_.empty());
}

TEST_F(ConfirmWindowTest, TagsGoOnCountingAfterTheWindowWasEmpty) {
  Send("a");
  window_.Confirm(1, false, true, &settled_);
  Settled();
  Send("b");
  window_.Confirm(2, false, true, &settled_);
  EXPECT_THAT(Settled(), ElementsAre(Pair('b', Outcome::kConfirmed)));
}

TEST_F(ConfirmWindowTest, ANackIsARefusal) {
  Send("ab");
  window_.Confirm(1, false, /*ok=*/false, &settled_);
  EXPECT_THAT(Settled(), ElementsAre(Pair('a', Outcome::kRefused)));
}

TEST_F(ConfirmWindowTest, AReturnedMessageIsUnroutableOnceItIsConfirmed) {
  Send("abc");
  window_.MarkReturned("b");
  EXPECT_THAT(Settled(), IsEmpty());
  window_.Confirm(3, true, true, &settled_);
  EXPECT_THAT(Settled(), ElementsAre(Pair('a', Outcome::kConfirmed), Pair('b', Outcome::kUnroutable),
                                     Pair('c', Outcome::kConfirmed)));
}

TEST_F(ConfirmWindowTest, AReturnNeverTouchesAnEarlierMessageOfTheSameId) {
  Send("aa");
  window_.MarkReturned("a");
  window_.Confirm(1, false, true, &settled_);
  EXPECT_THAT(Settled(), ElementsAre(Pair('a', Outcome::kUnroutable)));
  window_.MarkReturned("a");
  window_.Confirm(2, false, true, &settled_);
  EXPECT_THAT(Settled(), ElementsAre(Pair('a', Outcome::kUnroutable)));
}

TEST_F(ConfirmWindowTest, UnknownTagsAndIdsAreIgnored) {
  Send("a");
  window_.Confirm(7, false, true, &settled_);
  window_.Confirm(7, true, true, &settled_);
  window_.Confirm(0, false, true, &settled_);
  window_.MarkReturned("z");
  EXPECT_THAT(Settled(), IsEmpty());
  window_.Confirm(1, false, true, &settled_);
  window_.Confirm(1, false, true, &settled_);
  EXPECT_THAT(Settled(), ElementsAre(Pair('a', Outcome::kConfirmed)));
}

TEST_F(ConfirmWindowTest, ConfirmOnAnEmptyWindowIsIgnored) {
  window_.Confirm(0, true, true, &settled_);
  window_.Confirm(1, true, true, &settled_);
  EXPECT_THAT(settled_, IsEmpty());
}

TEST_F(ConfirmWindowTest, TheOnlyMessageInFlightWhenTheBrokerObjectsIsCondemned) {
  Send("ab");
  window_.Confirm(1, false, true, &settled_);
  Settled();
  window_.CondemnAll(&settled_);
  EXPECT_THAT(Settled(), ElementsAre(Pair('b', Outcome::kUnpublishable)));
  EXPECT_TRUE(window_.empty());
}

TEST_F(ConfirmWindowTest, LosingTheConnectionLosesWhatIsOpenAndStartsTagsAnew) {
  Send("abc");
  window_.Confirm(2, false, true, &settled_);
  Settled();
  window_.LoseAll(&settled_);
  EXPECT_THAT(Settled(), ElementsAre(Pair('a', Outcome::kLost), Pair('c', Outcome::kLost)));
  Send("d");
  window_.Confirm(1, false, true, &settled_);
  EXPECT_THAT(Settled(), ElementsAre(Pair('d', Outcome::kConfirmed)));
}

}  // namespace
}  // namespace ordersaga::amqp
