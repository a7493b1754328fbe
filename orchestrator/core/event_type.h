// A kind of domain event: where it goes, and what its body says besides the order itself. One constant for each kind;
// events point to it, so it must live as long as the program. events/encode.cc writes the body.
#pragma once

#include <string_view>

namespace ordersaga::orchestrator {

struct EventType {
  std::string_view exchange;       // a durable topic exchange, declared at start
  std::string_view routing_key;    // "payment.successful"; stored and published: never rename
  std::string_view moment;         // the body's field for the time: "processed_at"
  bool amount = false;             // the body has `amount` and `currency`
  std::string_view status = {};    // the body's `status`, always this one; empty: it has none
  std::string_view message = {};   // the body's `message`, always this one; empty: see `reason`
  std::string_view evidence = {};  // the body's field for the participant's own id of the effect; empty: it has none
  bool reason = false;             // the body has `reason`, and `message` if there are words for it
};

// Of the order itself, whatever its steps are.
inline constexpr EventType kOrderCreated = {
    .exchange = "orders", .routing_key = "order.created", .moment = "created_at", .status = "PENDING"};
inline constexpr EventType kOrderCompleted = {.exchange = "orders",
                                              .routing_key = "order.completed",
                                              .moment = "completed_at",
                                              .amount = true,
                                              .status = "COMPLETED"};
inline constexpr EventType kOrderCancelled = {.exchange = "orders",
                                              .routing_key = "order.cancelled",
                                              .moment = "cancelled_at",
                                              .amount = true,
                                              .status = "CANCELLED",
                                              .reason = true};
inline constexpr EventType kSagaNeedsAttention = {
    .exchange = "orders", .routing_key = "saga.needs_attention", .moment = "raised_at", .reason = true};

}  // namespace ordersaga::orchestrator
