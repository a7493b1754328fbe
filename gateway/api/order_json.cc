// Answers out: the writing half of order_json.h.
#include "gateway/api/order_json.h"

#include "gateway/api/json_values.h"

namespace ordersaga::gateway {

namespace json = boost::json;

std::string WritePlaced(const order::v1::PlaceOrderResponse& placed) {
  return json::serialize(json::object{
      {"message", "Order accepted for processing"}, {"order_id", placed.order_id()}, {"status", "PENDING"}});
}

json::object OrderJson(const order::v1::Order& order) {
  json::object out{{"id", order.id()}};
  if (!order.lines().empty()) {
    out["item_id"] = order.lines(0).item_id();
    out["quantity"] = order.lines(0).quantity();
  }
  out["user_email"] = order.user_email();
  out["status"] = View(StatusName(order.status()));
  out["created_at"] = Rfc3339(order.created_at());
  out["updated_at"] = Rfc3339(order.updated_at());
  json::array items;
  for (const common::v1::Line& line : order.lines()) items.push_back(LineJson(line));
  out["items"] = std::move(items);
  out["total"] = MoneyJson(order.total());
  if (!order.reason().empty()) out["reason"] = order.reason();
  return out;
}

std::string WriteOrders(const order::v1::ListOrdersResponse& orders) {
  json::array data;
  for (const order::v1::Order& order : orders.orders()) data.push_back(OrderJson(order));
  json::object out{{"data", std::move(data)}, {"has_more", !orders.next_page_token().empty()}};
  if (!orders.next_page_token().empty()) out["next_cursor"] = orders.next_page_token();
  return json::serialize(out);
}

json::object EntryJson(const std::string& order_id, const order::v1::JournalEntry& entry) {
  return {{"order_id", order_id},
          {"sequence", entry.sequence()},
          {"at", Rfc3339(entry.at())},
          {"event", entry.event()},
          {"phase", entry.phase()}};
}

std::string_view StatusName(order::v1::OrderStatus status) {
  if (status == order::v1::ORDER_STATUS_COMPLETED) return "COMPLETED";
  if (status == order::v1::ORDER_STATUS_CANCELLED) return "CANCELLED";
  return "PENDING";
}

}  // namespace ordersaga::gateway
