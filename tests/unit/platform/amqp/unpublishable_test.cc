#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/amqp/message.h"

namespace ordersaga::amqp {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kMaxBody = 100;

Message Plain() {
  Message message;
  message.exchange = "orders";
  message.routing_key = "order.created";
  message.body.assign(kMaxBody, 'x');
  message.headers = {{"sequence", std::int64_t{1}}, {"ce-id", "m"}};
  return message;
}

TEST(WhyUnpublishableTest, NothingIsWrongWithAMessageAtTheLimits) {
  Message message = Plain();
  message.message_id.assign(255, 'x');
  const std::string name(255, 'x');
  const std::string value(60'000, 'y');
  message.headers.emplace_back(name, value);
  EXPECT_THAT(WhyUnpublishable(message, kMaxBody), IsEmpty());
}

TEST(WhyUnpublishableTest, ABodyOverTheLimitIsNamedWithItsSize) {
  Message message = Plain();
  message.body += 'x';
  EXPECT_THAT(WhyUnpublishable(message, kMaxBody), HasSubstr("101 bytes"));
}

TEST(WhyUnpublishableTest, EveryShortPropertyHasTheProtocolsLimit) {
  for (std::string Message::*const property :
       {&Message::exchange, &Message::routing_key, &Message::content_type, &Message::message_id,
        &Message::correlation_id, &Message::type, &Message::app_id}) {
    Message message = Plain();
    (message.*property).assign(256, 'x');
    EXPECT_THAT(WhyUnpublishable(message, kMaxBody), HasSubstr("255"));
  }
}

TEST(WhyUnpublishableTest, HeadersThatWouldNotFitAFrameAreTooLong) {
  Message message = Plain();
  const std::string value(65'536, 'x');
  message.headers.emplace_back("big", value);
  EXPECT_THAT(WhyUnpublishable(message, kMaxBody), HasSubstr("headers"));
  message = Plain();
  const std::string long_name(256, 'x');
  message.headers.emplace_back(long_name, std::int64_t{1});
  EXPECT_THAT(WhyUnpublishable(message, kMaxBody), HasSubstr("header's name"));
}

}  // namespace
}  // namespace ordersaga::amqp
