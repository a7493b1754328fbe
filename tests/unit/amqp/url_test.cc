#include "platform/amqp/url.h"

#include <gtest/gtest.h>

#include "platform/base/error.h"

namespace ordersaga::amqp {
namespace {

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
  for (const std::string text : {"", "localhost:5672", "http://a:hunter2@b", "amqps://a:hunter2@b",
                                 "amqp://a:hunter2@b:port", "amqp://a:hunter2@b/v?heartbeat=1"}) {
    const auto url = ParseUrl(text);
    EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(MessageOf(url.status()).find("hunter2"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace ordersaga::amqp
