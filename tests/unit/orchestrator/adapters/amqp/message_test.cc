#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/adapters/amqp/event_publisher_amqp.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::UnorderedElementsAre;

using Header = std::pair<std::string, amqp::HeaderValue>;

TEST(ToMessageTest, CarriesTheEventInPropertiesAndCloudEventsHeaders) {
  OutboxEvent event;
  event.order_id = *Uuid::Parse("018f0000-0000-7003-8000-00000000002a");
  event.sequence = 2;
  event.routing_key = "payment.successful";
  event.body = "{}";
  event.at = absl::FromUnixMillis(1714564800250);
  event.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  const amqp::Message message = ToMessage(event, "payments");

  EXPECT_EQ(message.exchange, "payments");
  EXPECT_EQ(message.routing_key, "payment.successful");
  EXPECT_EQ(message.body, "{}");
  EXPECT_EQ(message.content_type, "application/json");
  EXPECT_EQ(message.correlation_id, "018f0000-0000-7003-8000-00000000002a");
  EXPECT_EQ(message.type, "payment.successful");
  EXPECT_EQ(message.app_id, "ordersaga");
  EXPECT_EQ(message.timestamp, event.at);
  EXPECT_THAT(
      message.headers,
      UnorderedElementsAre(
          Header("sequence", std::int64_t{2}), Header("ce-specversion", "1.0"), Header("ce-id", message.message_id),
          Header("ce-type", "com.ordersaga.payment.successful.v1"), Header("ce-source", "/ordersaga/orchestrator"),
          Header("ce-subject", "018f0000-0000-7003-8000-00000000002a"), Header("ce-time", "2024-05-01T12:00:00.25Z"),
          Header("ce-datacontenttype", "application/json"), Header("traceparent", event.traceparent)));
}

TEST(ToMessageTest, AnOrderWithoutATraceHasNoTraceHeader) {
  OutboxEvent event;
  event.routing_key = "order.created";
  for (const auto& [name, value] : ToMessage(event, "orders").headers) EXPECT_NE(name, "traceparent");
}

TEST(ToMessageTest, ARepeatHasTheSameMessageId) {
  OutboxEvent event;
  event.routing_key = "order.created";
  event.sequence = 1;
  OutboxEvent next = event;
  next.sequence = 2;
  EXPECT_EQ(ToMessage(event, "orders").message_id, ToMessage(event, "orders").message_id);
  EXPECT_NE(ToMessage(event, "orders").message_id, ToMessage(next, "orders").message_id);
}

}  // namespace
}  // namespace ordersaga::orchestrator
