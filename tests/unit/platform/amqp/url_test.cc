#include "platform/amqp/url.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/base/error.h"

namespace ordersaga::amqp {
namespace {

using ::testing::ElementsAre;

TEST(ParseUrlTest, ReadsEveryPart) {
  const auto url = ParseUrl("amqp://ada:s3cret@broker.example:5673/shop");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->host, "broker.example");
  EXPECT_EQ(url->port, 5673);
  EXPECT_EQ(url->user, "ada");
  EXPECT_EQ(url->password, "s3cret");
  EXPECT_EQ(url->vhost, "shop");
}

TEST(ParseUrlTest, LeavingOutTheVirtualHostMeansTheDefaultOne) {
  EXPECT_EQ(ParseUrl("amqp://admin:admin@localhost:5672")->vhost, "/");
  EXPECT_EQ(ParseUrl("amqp://admin:admin@localhost:5672/")->vhost, "/");
  EXPECT_EQ(ParseUrl("amqp://admin:admin@localhost:5672/%2F")->vhost, "/");
}

TEST(ParseUrlTest, PartsLeftOutTakeTheBrokersDefaults) {
  const auto url = ParseUrl("amqp://broker");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->host, "broker");
  EXPECT_EQ(url->port, 5672);
  EXPECT_EQ(url->user, "guest");
  EXPECT_EQ(url->password, "guest");
}

TEST(ParseUrlTest, DecodesPercentEscapes) {
  const auto url = ParseUrl("amqp://a%40b:p%3Aw%2F@host/v%20h");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->user, "a@b");
  EXPECT_EQ(url->password, "p:w/");
  EXPECT_EQ(url->vhost, "v h");
}

TEST(ParseUrlTest, RefusesWhatIsNoBrokerUrlWithoutRepeatingThePassword) {
  for (const std::string text :
       {"", "localhost:5672", "http://a:hunter2@b", "amqp://a:hunter2@b:port", "amqp://a:hunter2@b/v?heartbeat=1"}) {
    const auto url = ParseUrl(text);
    EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(MessageOf(url.status()).find("hunter2"), std::string::npos) << text;
  }
}

std::vector<std::string> HostsOf(const std::string& text) {
  const auto urls = ParseUrls(text);
  EXPECT_TRUE(urls.ok()) << urls.status();
  std::vector<std::string> hosts;
  for (const Url& url : urls.value_or(std::vector<Url>())) hosts.push_back(fmt::format("{}:{}", url.host, url.port));
  return hosts;
}

TEST(ParseUrlsTest, ReadsOneAndSeveralInTheirOrder) {
  EXPECT_THAT(HostsOf("amqp://a:b@one/"), ElementsAre("one:5672"));
  EXPECT_THAT(HostsOf("amqp://a:b@one:1/,amqp://a:b@two:2/v , amqp://three"),
              ElementsAre("one:1", "two:2", "three:5672"));
}

TEST(ParseUrlTest, AmqpsIsOverTlsAtAPortOfItsOwn) {
  const auto url = ParseUrl("amqps://a:b@host/");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->port, 5671);
  EXPECT_EQ(ShowUrls("amqps://a:b@host/,amqp://a:b@other/").value_or(""),
            "amqps://a:***@host:5671/,amqp://a:***@other:5672/");
}

TEST(ParseUrlsTest, ACommaMayStandInAPassword) {
  const auto urls = ParseUrls("amqp://a:p,w@one/,amqp://b:q,@two/");
  ASSERT_TRUE(urls.ok()) << urls.status();
  ASSERT_EQ(urls->size(), 2U);
  EXPECT_EQ((*urls)[0].password, "p,w");
  EXPECT_EQ((*urls)[1].password, "q,");
}

TEST(ShowUrlsTest, HidesThePasswordOfEachAndFillsInWhatWasLeftOut) {
  EXPECT_EQ(ShowUrls("amqp://ada:s3cret@one:5672/").value_or(""), "amqp://ada:***@one:5672/");
  EXPECT_EQ(ShowUrls("amqp://ada:s3cret@one, amqp://bob:p,w@two/v").value_or(""),
            "amqp://ada:***@one:5672/,amqp://bob:***@two:5672/v");
  EXPECT_EQ(ShowUrls("amqp://one").value_or(""), "amqp://guest:***@one:5672/");
  EXPECT_EQ(ShowUrls("plain").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ParseUrlsTest, RefusesAListWithOneThatIsNoneAndShowsNothingOfIt) {
  for (const std::string text :
       {"", ",", "amqp://a:hunter2@one/,", "amqp://a:hunter2@one,", ",amqp://a:hunter2@one", "amqp://a:hunter2@one,two",
        "amqp://a:hunter2@one:port/,amqp://two", "amqp://one,,amqp://a:hunter2@two"}) {
    const auto urls = ParseUrls(text);
    EXPECT_EQ(urls.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(MessageOf(urls.status()).find("hunter2"), std::string::npos) << text;
  }
  EXPECT_NE(MessageOf(ParseUrls("amqp://one,amqp://two:x,amqp://three").status()).find("number 2 of the list"),
            std::string::npos);
}

}  // namespace
}  // namespace ordersaga::amqp
