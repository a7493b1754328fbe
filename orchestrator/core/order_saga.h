// The saga of an order: payment, then inventory (the pivot), then notification.
#pragma once

#include "orchestrator/core/definitions.h"

namespace ordersaga::orchestrator {

// What may be configured; the defaults are the product's.
struct DefinitionOptions {
  absl::Duration attempt_timeout = absl::Seconds(10);
  absl::Duration payment_budget = absl::Minutes(5);
  absl::Duration inventory_budget = absl::Minutes(5);
  absl::Duration compensation_budget = absl::Hours(1);
  absl::Duration notification_budget = absl::Hours(24);
  absl::Duration saga_deadline = absl::Minutes(15);
  absl::Duration backoff_initial = absl::Milliseconds(200);
  absl::Duration backoff_cap = absl::Seconds(30);
  bool notification_events = false;  // notification.sent when the customer has been told
};

// What is published of its steps: the contract's events (docs/events.md).
inline constexpr EventType kPaymentSuccessful = {.exchange = "payments",
                                                 .routing_key = "payment.successful",
                                                 .moment = "processed_at",
                                                 .amount = true,
                                                 .status = "SUCCESS",
                                                 .message = "Payment processed successfully"};
inline constexpr EventType kPaymentFailed = {
    .exchange = "payments", .routing_key = "payment.failed", .moment = "failed_at", .reason = true};
inline constexpr EventType kPaymentRefunded = {
    .exchange = "payments", .routing_key = "payment.refunded", .moment = "refunded_at", .amount = true, .reason = true};
inline constexpr EventType kInventorySuccessful = {.exchange = "inventory",
                                                   .routing_key = "inventory.successful",
                                                   .moment = "processed_at",
                                                   .message = "Inventory reserved successfully"};
inline constexpr EventType kInventoryFailed = {
    .exchange = "inventory", .routing_key = "inventory.failed", .moment = "failed_at", .reason = true};
inline constexpr EventType kNotificationSent = {
    .exchange = "orders", .routing_key = "notification.sent", .moment = "sent_at", .evidence = "notification_id"};

// Version 1.
Definition OrderSaga(const DefinitionOptions& options);

// Every version that a stored saga may have begun with.
Definitions OrderSagas(const DefinitionOptions& options);

}  // namespace ordersaga::orchestrator
