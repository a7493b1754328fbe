// The gateway's JSON: bodies of requests in, bodies of answers out. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ordersaga/order/v1/order.pb.h"

namespace ordersaga::gateway {

// An order as clients write it: {"item_id","quantity","user_email"}, or {"items":[{"item_id","quantity"},...],
// "user_email"}. Unknown members are ignored. INVALID_ARGUMENT: not such JSON, or the violations, whose fields are
// JSON pointers ("/items/0/quantity"). The idempotency key is not set.
absl::StatusOr<order::v1::PlaceOrderRequest> ReadOrder(std::string_view body);

// {"message":"Order accepted for processing","order_id":"...","status":"PENDING"}
std::string WritePlaced(const order::v1::PlaceOrderResponse& placed);

// {"id","item_id","quantity","user_email","status","created_at","updated_at"}. The first line gives item_id and
// quantity; an order of several lines has `items` as well.
std::string WriteOrder(const order::v1::Order& order);

// "PENDING", "COMPLETED" or "CANCELLED": clients see nothing else.
std::string_view StatusName(order::v1::OrderStatus status);

}  // namespace ordersaga::gateway
