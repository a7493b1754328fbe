// The gateway's JSON: bodies of requests in, bodies of answers out. Pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gateway/api/limits.h"
#include "ordersaga/order/v1/order.pb.h"

namespace ordersaga::gateway {

// An order as clients write it: {"item_id","quantity","user_email"}, or {"items":[{"item_id","quantity"},...],
// "user_email"}. Unknown members are ignored. INVALID_ARGUMENT: not such JSON, or the violations, whose fields are
// JSON pointers ("/items/0/quantity"). The idempotency key is not set.
absl::StatusOr<order::v1::PlaceOrderRequest> ReadOrder(std::string_view body, const InputLimits& limits);

// {"reason": "..."}, or an empty body; the reason may be missing.
absl::StatusOr<std::string> ReadReason(std::string_view body, const InputLimits& limits);

// ?user_email=&status=&since=&until=&limit=&cursor=. INVALID_ARGUMENT: the violations, whose fields are the parameters'
// names.
absl::StatusOr<order::v1::ListOrdersRequest> ReadListing(const std::map<std::string, std::string>& query);

// {"message":"Order accepted for processing","order_id":"...","status":"PENDING"}, the same whenever it is asked for.
std::string WritePlaced(const order::v1::PlaceOrderResponse& placed);

// {"id","item_id","quantity","user_email","status","created_at","updated_at", and more}. The first line gives item_id
// and quantity; `items` has all.
boost::json::object OrderJson(const order::v1::Order& order);

// {"data":[orders],"has_more":true,"next_cursor":"..."}
std::string WriteOrders(const order::v1::ListOrdersResponse& orders);

// {"order_id","sequence","at","event","phase"}
boost::json::object EntryJson(const std::string& order_id, const order::v1::JournalEntry& entry);

// "PENDING", "COMPLETED" or "CANCELLED": clients see nothing else.
std::string_view StatusName(order::v1::OrderStatus status);

}  // namespace ordersaga::gateway
