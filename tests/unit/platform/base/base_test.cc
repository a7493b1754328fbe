#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "platform/base/backoff.h"
#include "platform/base/error.h"
#include "platform/base/hash.h"
#include "platform/base/mailbox.h"
#include "platform/base/money.h"
#include "platform/base/text.h"
#include "platform/base/uuid.h"

namespace ordersaga {
namespace {

using ::testing::ElementsAre;

class CountingRng final : public Rng {
 public:
  std::uint64_t Next() override { return ++count_; }

 private:
  std::uint64_t count_ = 0;
};

TEST(UuidTest, CarriesItsShardAndItsTime) {
  CountingRng rng;
  const absl::Time now = absl::FromUnixMillis(0x0190f5fe7c00);
  const Uuid id = Uuid::MakeV7(now, 4095, rng);
  EXPECT_EQ(id.shard(), 4095);
  EXPECT_EQ(id.ToString().substr(0, 19), "0190f5fe-7c00-7fff-");
  EXPECT_EQ(Uuid::Parse(id.ToString()), id);
  EXPECT_LT(id, Uuid::MakeV7(now + absl::Milliseconds(1), 0, rng));
}

TEST(UuidTest, RefusesWhatIsNoUuid) {
  for (const char* text : {"", "x", "0190f5fe7c007fff8000000000000001", "0190f5fe-7c00-7fff-8000-00000000000g",
                           "0190f5fe-7c00-7fff-8000-0000000000011"}) {
    EXPECT_EQ(Uuid::Parse(text), std::nullopt) << text;
  }
}

TEST(UuidTest, FromNameIsStable) {
  EXPECT_EQ(Uuid::FromName("a/1"), Uuid::FromName("a/1"));
  EXPECT_NE(Uuid::FromName("a/1"), Uuid::FromName("a/2"));
}

TEST(MoneyTest, RefusesToOverflow) {
  EXPECT_EQ(Multiply({5000, "USD"}, 999), (Money{4995000, "USD"}));
  EXPECT_EQ(Multiply({INT64_MAX / 2, "USD"}, 3), std::nullopt);
  EXPECT_EQ(Add({INT64_MAX, "USD"}, {1, "USD"}), std::nullopt);
  EXPECT_EQ(Add({1, "USD"}, {1, "EUR"}), std::nullopt);
}

TEST(MoneyTest, IsShownInMajorUnits) {
  EXPECT_EQ(FormatMajor({10000, "USD"}), "100.00");
  EXPECT_EQ(FormatMajor({5, "USD"}), "0.05");
  EXPECT_EQ(FormatMajor({-105, "USD"}), "-1.05");
  EXPECT_EQ(FormatMajor({INT64_MIN, "USD"}), "-92233720368547758.08");
}

TEST(BackoffTest, GrowsToItsCapAndNeverSpins) {
  const Backoff backoff{absl::Milliseconds(100), absl::Seconds(1), 2.0};
  EXPECT_EQ(backoff.Delay(1, 0.5), absl::Milliseconds(50));
  EXPECT_EQ(backoff.Delay(3, 0.5), absl::Milliseconds(200));
  EXPECT_EQ(backoff.Delay(50, 1.0), absl::Seconds(1));
  EXPECT_EQ(backoff.Delay(1, 0.0), absl::Milliseconds(10));
}

TEST(ErrorTest, CarriesReasonFieldsAndRetryAfter) {
  const absl::Status bad = BadRequest({{"quantity", "must be at least 1"}, {"item_id", "is missing"}});
  EXPECT_EQ(ReasonOf(bad), "INVALID_REQUEST");
  EXPECT_THAT(ViolationsOf(bad),
              ElementsAre(FieldViolation{"quantity", "must be at least 1"}, FieldViolation{"item_id", "is missing"}));
  const absl::Status busy = TryAgain(absl::StatusCode::kUnavailable, "BUSY", "busy", absl::Milliseconds(250));
  EXPECT_EQ(RetryAfterOf(busy), absl::Milliseconds(250));
  EXPECT_EQ(RetryAfterOf(bad), std::nullopt);
}

TEST(TextTest, ForeignTextBecomesSafe) {
  EXPECT_EQ(CleanText("a\xff"
                      "b\ncd"),
            "a?b cd");
  EXPECT_EQ(CleanText(std::string("x\0y", 3)), "x y");
  EXPECT_EQ(CleanText("\xe2\x82\xac\xe2\x82\xac", 4), "\xe2\x82\xac");
  EXPECT_FALSE(IsValidUtf8("\xed\xa0\x80"));
}

TEST(TextTest, KnowsControlCharactersBeyondAscii) {
  for (const char* bad : {"\u0085", "\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202e", "\u2066",
                          "\u2069", "\n", "\x7f", "\xff"}) {
    EXPECT_FALSE(IsCleanText(std::string("a") + bad + "b", 255)) << bad;
    EXPECT_FALSE(IsEmailAddress(std::string("a") + bad + "b@c.de")) << bad;
    EXPECT_FALSE(IsEmailAddress(std::string("a@b") + bad + ".de")) << bad;
  }
  EXPECT_EQ(CleanText("a\u0085b\u202ec"), "a b c");
  for (const char* good : {"", "\u0084", "\u0086", "\u00a0", "\u061b", "\u200d", "\u2010", "\u2027", "\u202f", "\u2065",
                           "\u206a", "\u5e97", "\U0001f600", "../..", "'; --"}) {
    EXPECT_TRUE(IsCleanText(good, 255)) << good;
    EXPECT_EQ(CleanText(good), good);
  }
  EXPECT_TRUE(IsCleanText("abc", 3));
  EXPECT_FALSE(IsCleanText("abcd", 3));
}

TEST(TextTest, KnowsAnAddressWhenItSeesOne) {
  for (const char* good :
       {"ann@example.com", "a.b+c@x", "o'neil@example.co.uk", "fast+1@card.test", "j\u00f6rg@b\u00fccher.de"}) {
    EXPECT_TRUE(IsEmailAddress(good)) << good;
  }
  for (const char* bad : {"", "ann", "@example.com", "ann@", "a b@example.com", "a@b@c", ".a@b.c", "a..b@c.d",
                          "Ann <ann@example.com>", "a@b..c", "a\n@b.c"}) {
    EXPECT_FALSE(IsEmailAddress(bad)) << bad;
  }
}

TEST(HashTest, NeverChanges) {
  EXPECT_EQ(StableHash(""), 0xcbf29ce484222325ULL);
  EXPECT_EQ(StableHash("a"), 0xaf63dc4c8601ec8cULL);
  EXPECT_EQ(Fingerprint("abc"), "ba7816bf8f01cfea414140de5dae2223");
}

TEST(MailboxTest, HandsOverEverythingAtOnce) {
  Mailbox<int> mailbox;
  mailbox.Post(1);
  mailbox.Post(2);
  EXPECT_THAT(mailbox.Drain(absl::InfiniteDuration()), ElementsAre(1, 2));
  mailbox.Close();
  EXPECT_TRUE(mailbox.Drain(absl::InfiniteDuration()).empty());
}

TEST(MailboxTest, WhatIsLeftWakesAReaderThatWaitsForAnything) {
  Mailbox<int> mailbox;
  mailbox.Enqueue(1);
  EXPECT_TRUE(mailbox.HasNews());
  EXPECT_THAT(mailbox.Drain(absl::InfiniteDuration()), ElementsAre(1));
  std::thread writer([&] { mailbox.Enqueue(2); });
  EXPECT_THAT(mailbox.Drain(absl::InfiniteDuration()), ElementsAre(2));
  writer.join();
}

TEST(MailboxTest, WhatIsLeftComesWithWhatIsPosted) {
  Mailbox<int> mailbox;
  mailbox.Enqueue(1);
  EXPECT_FALSE(mailbox.HasNews(false));
  std::thread writer([&] { mailbox.Post(2); });
  EXPECT_THAT(mailbox.Drain(absl::InfiniteDuration(), false), ElementsAre(1, 2));
  writer.join();
  EXPECT_FALSE(mailbox.HasNews());
}

TEST(MailboxTest, WhatIsLeftComesWhenTheTimeHasPassed) {
  Mailbox<int> mailbox;
  mailbox.Enqueue(1);
  EXPECT_THAT(mailbox.Drain(absl::Milliseconds(1), false), ElementsAre(1));
}

}  // namespace
}  // namespace ordersaga
