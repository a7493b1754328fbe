// What was encoded agrees; every member of it that is changed does not.
#include "orchestrator/events/agree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/core/order_saga.h"
#include "orchestrator/events/encode.h"

namespace ordersaga::orchestrator {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr const EventType* kTypes[] = {
    &kOrderCreated,    &kPaymentSuccessful, &kPaymentFailed,      &kPaymentRefunded,
    &kInventoryFailed, &kOrderCancelled,    &kSagaNeedsAttention, &kNotificationSent,
};

const Definition kDefinition = OrderSaga({.notification_events = true});

Saga Cancelled() {
  auto order = std::make_shared<Order>();
  order->id = *Uuid::Parse("018f0000-0000-7003-8000-00000000002a");
  order->lines = {{"say \"cheese\"", 2, Money{5000}}, {"[product], {2}", 1, Money{2500}}};
  order->user_email = "ada@example.com";
  order->total = Money{12500};
  order->created_at = absl::FromUnixMicros(1714564800250000);
  Saga saga;
  saga.order = order;
  saga.status = Status::kCancelled;
  saga.refunded = Money{12500};
  saga.reason = "OUT_OF_STOCK";
  return saga;
}

DomainEvent EventOf(const Saga& saga, const EventType& type) {
  return {&type, 3, saga.order->created_at, saga.order->total, saga.reason, "not enough, \"amount\":1.00, of it"};
}

std::string Said(const Saga& saga, const EventType& type, std::string from = "", const std::string& to = "") {
  std::string body = EncodeBody(*saga.order, EventOf(saga, type));
  if (!from.empty()) {
    const std::size_t at = body.find(from);
    EXPECT_NE(at, std::string::npos) << body;
    body.replace(at, from.size(), to);
  }
  return BodyCheck(kDefinition, saga)(type.routing_key, 3, body);
}

TEST(BodyCheck, WhatWasEncodedAgrees) {
  const Saga saga = Cancelled();
  for (const EventType* type : kTypes) EXPECT_THAT(Said(saga, *type), IsEmpty()) << type->routing_key;
  Saga completed = Cancelled();
  completed.status = Status::kCompleted;
  for (const EventType* type : {&kInventorySuccessful, &kOrderCompleted}) {
    EXPECT_THAT(Said(completed, *type), IsEmpty()) << type->routing_key;
  }
}

TEST(BodyCheck, EveryMemberThatIsTheOrders) {
  const Saga saga = Cancelled();
  const EventType& created = kOrderCreated;
  EXPECT_THAT(Said(saga, created, "2a\"", "2b\""), HasSubstr("order_id is not"));
  EXPECT_THAT(Said(saga, created, "cheese", "please"), HasSubstr("item_id is not"));
  EXPECT_THAT(Said(saga, created, "\"quantity\":2", "\"quantity\":3"), "quantity is not 2");
  EXPECT_THAT(Said(saga, created, "ada@", "eve@"), "user_email is not the order's");
  EXPECT_THAT(Said(saga, created, "\"quantity\":1", "\"quantity\":4"), HasSubstr("items is not"));
  EXPECT_THAT(Said(saga, created, "\"sequence\":3", "\"sequence\":4"), "sequence is not 3");
  EXPECT_THAT(Said(saga, created, "PENDING", "COMPLETED"), HasSubstr("status is not"));
  EXPECT_THAT(Said(saga, created, "00.25Z", "01.25Z"), HasSubstr("created_at is not"));
  const EventType& cancelled = kOrderCancelled;
  EXPECT_THAT(Said(saga, cancelled, "125.00", "12.50"), "amount is not 125.00");
  EXPECT_THAT(Said(saga, cancelled, "USD", "EUR"), HasSubstr("currency is not"));
  EXPECT_THAT(Said(saga, cancelled, "OUT_OF_STOCK", "WHO_KNOWS"), HasSubstr("reason is not"));
  EXPECT_THAT(Said(saga, cancelled, "CANCELLED", "COMPLETED"), HasSubstr("status is not"));
}

TEST(BodyCheck, AWholeFlatObjectWithEachMemberOnce) {
  const Saga saga = Cancelled();
  const EventType& charged = kPaymentSuccessful;
  EXPECT_THAT(Said(saga, charged, "\"amount\":", "\"amount\":1.00,\"amount\":"), "amount is not 125.00");
  EXPECT_THAT(Said(saga, charged, "\"amount\":", "\"amounts\":"), "amount is not 125.00");
  EXPECT_THAT(Said(saga, charged, "\"sequence\":3", "\"sequence\":3,\"new\":{\"amount\":[1,\"}\"]}"), IsEmpty());
  const BodyCheck check(kDefinition, saga);
  const std::string body = EncodeBody(*saga.order, EventOf(saga, charged));
  for (std::size_t length = 0; length < body.size(); ++length) {
    EXPECT_NE(check("payment.successful", 3, body.substr(0, length)), "") << length;
  }
  EXPECT_NE(check("payment.successful", 3, body + "}"), "");
}

TEST(BodyCheck, TheReasonOfAnOpenOrderMayStillChange) {
  Saga saga = Cancelled();
  saga.status = Status::kPending;
  EXPECT_THAT(Said(saga, kPaymentFailed, "OUT_OF_STOCK", "WHO_KNOWS"), IsEmpty());
}

}  // namespace
}  // namespace ordersaga::orchestrator
