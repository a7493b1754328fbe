#include "orchestrator/events/encode.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "orchestrator/core/order_saga.h"
#include "platform/base/money.h"

namespace ordersaga::orchestrator {
namespace {

constexpr char kOrderId[] = "018f0000-0000-7003-8000-00000000002a";

Order LaptopOrder() {
  Order order;
  order.id = *Uuid::Parse(kOrderId);
  order.lines = {{"product-001", 2, Money{5000}}};
  order.user_email = "ada@example.com";
  order.total = Money{10000};
  return order;
}

DomainEvent EventOf(const EventType& type) {
  DomainEvent event;
  event.type = &type;
  event.sequence = 3;
  event.at = absl::FromUnixMicros(1714564800250000);  // 2024-05-01 12:00:00.25
  event.amount = Money{10000};
  return event;
}

// What every body of LaptopOrder() begins with.
std::string Body(const std::string& details) {
  return fmt::format(R"({{"order_id":"{}","item_id":"product-001","quantity":2,)"
                     R"("user_email":"ada@example.com",{},"sequence":3}})",
                     kOrderId, details);
}

TEST(EncodeBodyTest, OrderCreatedIsPending) {
  EXPECT_EQ(EncodeBody(LaptopOrder(), EventOf(kOrderCreated)),
            Body(R"("status":"PENDING","created_at":"2024-05-01T12:00:00.25Z")"));
}

TEST(EncodeBodyTest, PaymentSuccessfulCarriesTheAmountAsANumberInMajorUnits) {
  EXPECT_EQ(EncodeBody(LaptopOrder(), EventOf(kPaymentSuccessful)),
            Body(R"("amount":100.00,"currency":"USD","status":"SUCCESS",)"
                 R"("message":"Payment processed successfully",)"
                 R"("processed_at":"2024-05-01T12:00:00.25Z")"));
}

TEST(EncodeBodyTest, PaymentFailedNamesTheReason) {
  DomainEvent event = EventOf(kPaymentFailed);
  event.reason = "CARD_DECLINED";
  event.message = "The card was declined.";
  EXPECT_EQ(EncodeBody(LaptopOrder(), event), Body(R"("reason":"CARD_DECLINED","message":"The card was declined.",)"
                                                   R"("failed_at":"2024-05-01T12:00:00.25Z")"));
}

TEST(EncodeBodyTest, NotificationSentNamesTheMessage) {
  DomainEvent event = EventOf(kNotificationSent);
  event.message = "msg-1";
  EXPECT_EQ(EncodeBody(LaptopOrder(), event), Body(R"("notification_id":"msg-1","sent_at":"2024-05-01T12:00:00.25Z")"));
}

TEST(EncodeBodyTest, PaymentRefundedCarriesAmountAndReason) {
  DomainEvent event = EventOf(kPaymentRefunded);
  event.amount = Money{4995000};
  event.reason = "OUT_OF_STOCK";
  EXPECT_EQ(EncodeBody(LaptopOrder(), event), Body(R"("amount":49950.00,"currency":"USD","reason":"OUT_OF_STOCK",)"
                                                   R"("refunded_at":"2024-05-01T12:00:00.25Z")"));
}

TEST(EncodeBodyTest, InventorySuccessfulHasAMessageEvenWhenTheEventHasNone) {
  EXPECT_EQ(EncodeBody(LaptopOrder(), EventOf(kInventorySuccessful)),
            Body(R"("message":"Inventory reserved successfully",)"
                 R"("processed_at":"2024-05-01T12:00:00.25Z")"));
}

TEST(EncodeBodyTest, InventoryFailedNamesTheReason) {
  DomainEvent event = EventOf(kInventoryFailed);
  event.reason = "OUT_OF_STOCK";
  EXPECT_EQ(EncodeBody(LaptopOrder(), event), Body(R"("reason":"OUT_OF_STOCK","failed_at":"2024-05-01T12:00:00.25Z")"));
}

TEST(EncodeBodyTest, OrderCompletedCarriesStatusAndTotal) {
  EXPECT_EQ(EncodeBody(LaptopOrder(), EventOf(kOrderCompleted)),
            Body(R"("amount":100.00,"currency":"USD","status":"COMPLETED",)"
                 R"("completed_at":"2024-05-01T12:00:00.25Z")"));
}

TEST(EncodeBodyTest, OrderCancelledCarriesStatusAndReason) {
  DomainEvent event = EventOf(kOrderCancelled);
  event.reason = "OUT_OF_STOCK";
  EXPECT_EQ(EncodeBody(LaptopOrder(), event),
            Body(R"("amount":100.00,"currency":"USD","status":"CANCELLED",)"
                 R"("reason":"OUT_OF_STOCK","cancelled_at":"2024-05-01T12:00:00.25Z")"));
}

TEST(EncodeBodyTest, SagaNeedsAttentionNamesTheReason) {
  DomainEvent event = EventOf(kSagaNeedsAttention);
  event.reason = "COMPENSATION_BUDGET_EXHAUSTED";
  EXPECT_EQ(EncodeBody(LaptopOrder(), event), Body(R"("reason":"COMPENSATION_BUDGET_EXHAUSTED",)"
                                                   R"("raised_at":"2024-05-01T12:00:00.25Z")"));
}

TEST(EncodeBodyTest, QuotesBackslashesAndControlCharactersAreEscapedAndUtf8IsKept) {
  Order order = LaptopOrder();
  order.lines[0].item_id = "a\"b\\c\n\x01/\xc3\xa9\xe2\x80\xa8";
  EXPECT_NE(
      EncodeBody(order, EventOf(kOrderCreated)).find("\"item_id\":\"a\\\"b\\\\c\\u000a\\u0001/\xc3\xa9\xe2\x80\xa8\","),
      std::string::npos);
}

TEST(EncodeBodyTest, TheLargestAmountStaysExact) {
  DomainEvent event = EventOf(kPaymentSuccessful);
  event.amount = Money{INT64_MAX};
  EXPECT_NE(EncodeBody(LaptopOrder(), event).find("\"amount\":92233720368547758.07,"), std::string::npos);
}

TEST(EncodeBodyTest, SeveralLinesShowTheFirstAndListThemAll) {
  Order order = LaptopOrder();
  order.lines.push_back({"product-002", 5, Money{5000}});
  const std::string body = EncodeBody(order, EventOf(kOrderCreated));
  EXPECT_NE(body.find(R"("item_id":"product-001","quantity":2,)"), std::string::npos) << body;
  EXPECT_TRUE(body.ends_with(R"("items":[{"item_id":"product-001","quantity":2},)"
                             R"({"item_id":"product-002","quantity":5}]})"))
      << body;
}

TEST(MessageIdTest, DependsOnOrderAndSequenceOnly) {
  const Uuid id = *Uuid::Parse(kOrderId);
  EXPECT_EQ(MessageId(id, 1), MessageId(id, 1));
  EXPECT_NE(MessageId(id, 1), MessageId(id, 2));
  EXPECT_NE(MessageId(id, 1), MessageId(Uuid(), 1));
  EXPECT_EQ(MessageId(id, 1).size(), 36U);
}

TEST(FormatEventTimeTest, CutsToMicrosecondsAndLeavesOutAnEmptyFraction) {
  EXPECT_EQ(FormatEventTime(absl::FromUnixSeconds(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatEventTime(absl::FromUnixNanos(1999)), "1970-01-01T00:00:00.000001Z");
}

}  // namespace
}  // namespace ordersaga::orchestrator
