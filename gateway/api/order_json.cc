#include "gateway/api/order_json.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <limits>

#include "gateway/api/strict_json.h"
#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/rpc/time.h"

namespace ordersaga::gateway {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxItemId = 255;
constexpr std::size_t kMaxLines = 50;
constexpr std::int64_t kMaxQuantity = std::numeric_limits<std::int32_t>::max();

using Violations = std::vector<FieldViolation>;

bool IsItemId(std::string_view text) {
  const bool has_control =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; });
  return !text.empty() && text.size() <= kMaxItemId && !has_control && IsValidUtf8(text);
}

void ReadLine(const json::object& from, const std::string& pointer, common::v1::Line* line, Violations& violations) {
  const json::value* item = from.if_contains("item_id");
  if (item == nullptr) {
    violations.push_back({pointer + "/item_id", "is required"});
  } else if (!item->is_string() || !IsItemId(std::string_view(item->get_string()))) {
    violations.push_back({pointer + "/item_id", "must be a string of 1 to 255 bytes without control characters"});
  } else {
    line->set_item_id(item->get_string().c_str(), item->get_string().size());
  }
  const json::value* quantity = from.if_contains("quantity");
  const std::int64_t* number = quantity == nullptr ? nullptr : quantity->if_int64();
  if (quantity == nullptr) {
    violations.push_back({pointer + "/quantity", "is required"});
  } else if (number == nullptr || *number < 1 || *number > kMaxQuantity) {
    violations.push_back({pointer + "/quantity", fmt::format("must be an integer from 1 to {}", kMaxQuantity)});
  } else {
    line->set_quantity(static_cast<std::int32_t>(*number));
  }
}

void ReadItems(const json::object& from, const json::value& items, order::v1::PlaceOrderRequest& order,
               Violations& violations) {
  for (const char* other : {"item_id", "quantity"}) {
    if (from.contains(other)) {
      violations.push_back({fmt::format("/{}", other), "cannot be given together with items"});
    }
  }
  if (!items.is_array() || items.get_array().empty() || items.get_array().size() > kMaxLines) {
    violations.push_back({"/items", fmt::format("must be an array of 1 to {} items", kMaxLines)});
    return;
  }
  for (std::size_t i = 0; i < items.get_array().size(); ++i) {
    const json::value& item = items.get_array()[i];
    const std::string pointer = fmt::format("/items/{}", i);
    if (item.is_object()) {
      ReadLine(item.get_object(), pointer, order.add_lines(), violations);
    } else {
      violations.push_back({pointer, "must be an object with item_id and quantity"});
    }
  }
}

void ReadEmail(const json::object& from, order::v1::PlaceOrderRequest& order, Violations& violations) {
  const json::value* email = from.if_contains("user_email");
  if (email == nullptr) {
    violations.push_back({"/user_email", "is required"});
  } else if (!email->is_string() || !IsEmailAddress(std::string_view(email->get_string()))) {
    violations.push_back({"/user_email", "must be an e-mail address"});
  } else {
    order.set_user_email(email->get_string().c_str(), email->get_string().size());
  }
}

std::string Rfc3339(const google::protobuf::Timestamp& timestamp) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", rpc::FromProto(timestamp), absl::UTCTimeZone());
}

json::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

absl::StatusOr<order::v1::PlaceOrderRequest> ReadOrder(std::string_view body) {
  const absl::StatusOr<json::object> from = ParseObject(body);
  if (!from.ok()) return from.status();
  order::v1::PlaceOrderRequest order;
  Violations violations;
  if (const json::value* items = from->if_contains("items"); items != nullptr && !items->is_null()) {
    ReadItems(*from, *items, order, violations);
  } else {
    ReadLine(*from, "", order.add_lines(), violations);
  }
  ReadEmail(*from, order, violations);
  if (!violations.empty()) return BadRequest(std::move(violations));
  return order;
}

std::string WritePlaced(const order::v1::PlaceOrderResponse& placed) {
  return json::serialize(json::object{{"message", "Order accepted for processing"},
                                      {"order_id", placed.order_id()},
                                      {"status", View(StatusName(placed.status()))}});
}

std::string WriteOrder(const order::v1::Order& order) {
  json::object out{{"id", order.id()}};
  if (!order.lines().empty()) {
    out["item_id"] = order.lines(0).item_id();
    out["quantity"] = order.lines(0).quantity();
  }
  out["user_email"] = order.user_email();
  out["status"] = View(StatusName(order.status()));
  out["created_at"] = Rfc3339(order.created_at());
  out["updated_at"] = Rfc3339(order.updated_at());
  if (order.lines_size() > 1) {
    json::array items;
    for (const common::v1::Line& line : order.lines()) {
      items.push_back(json::object{{"item_id", line.item_id()}, {"quantity", line.quantity()}});
    }
    out["items"] = std::move(items);
  }
  return json::serialize(out);
}

std::string_view StatusName(order::v1::OrderStatus status) {
  if (status == order::v1::ORDER_STATUS_COMPLETED) return "COMPLETED";
  if (status == order::v1::ORDER_STATUS_CANCELLED) return "CANCELLED";
  return "PENDING";
}

}  // namespace ordersaga::gateway
