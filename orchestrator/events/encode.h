// Domain events as subscribers see them: message id and flat JSON body, written as the event's type says. The names and
// types of the body's fields are a published contract that subscribers decode strictly: add fields, never change one.
//
// Pure functions, thread-safe, never fail. Texts must be valid UTF-8 (they were checked where they
// came in).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "orchestrator/core/decision.h"
#include "orchestrator/core/order.h"

namespace ordersaga::orchestrator {

// One flat JSON object: order_id, item_id, quantity, user_email, then the fields of the event's
// type. Amounts are JSON numbers in major units (100.00) with `currency` beside them, times RFC
// 3339 in UTC. item_id and quantity are the first line's; an order of several lines has them all in
// `items` as well. `sequence` numbers an order's events 1..n.
std::string EncodeBody(const Order& order, const DomainEvent& event);

// The value of `items`: all lines of an order.
std::string EncodeItems(const Order& order);

// The same for every publication of the same event, so that subscribers can drop repeats.
std::string MessageId(const Uuid& order_id, std::int64_t sequence);

// RFC 3339, UTC, with "Z" and up to microseconds: "2024-05-01T12:00:00.25Z".
std::string FormatEventTime(absl::Time time);

}  // namespace ordersaga::orchestrator
