// Requests in: the reading half of order_json.h.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "gateway/api/order_json.h"
#include "gateway/api/strict_json.h"
#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/rpc/time.h"

namespace ordersaga::gateway {
namespace {

namespace json = boost::json;

constexpr int kMaxPage = 100;

using Violations = std::vector<FieldViolation>;

// A whole number from 1 to `max`, also one that is written as 1.0 or 1e0; 0 for anything else.
std::int64_t WholeNumber(const json::value& value, std::int64_t max) {
  const double* fraction = value.if_double();
  if (fraction != nullptr && *fraction >= 1 && *fraction <= static_cast<double>(max)) {
    return std::trunc(*fraction) == *fraction ? static_cast<std::int64_t>(*fraction) : 0;
  }
  const std::int64_t* number = value.if_int64();
  return number != nullptr && *number >= 1 && *number <= max ? *number : 0;
}

void ReadLine(const json::object& from, const std::string& pointer, const InputLimits& limits, common::v1::Line* line,
              Violations& violations) {
  const json::value* item = from.if_contains("item_id");
  if (item == nullptr) {
    violations.push_back({pointer + "/item_id", "is required"});
  } else if (!item->is_string() || !IsName(std::string_view(item->get_string()))) {
    violations.push_back({pointer + "/item_id", "must be a string of 1 to 255 bytes without control characters"});
  } else {
    line->set_item_id(item->get_string().c_str(), item->get_string().size());
  }
  const json::value* quantity = from.if_contains("quantity");
  const std::int64_t number = quantity == nullptr ? 0 : WholeNumber(*quantity, limits.quantity);
  if (quantity == nullptr) {
    violations.push_back({pointer + "/quantity", "is required"});
  } else if (number == 0) {
    violations.push_back({pointer + "/quantity", fmt::format("must be an integer from 1 to {}", limits.quantity)});
  } else {
    line->set_quantity(static_cast<std::int32_t>(number));
  }
}

void ReadItems(const json::object& from, const json::value& items, const InputLimits& limits,
               order::v1::PlaceOrderRequest& order, Violations& violations) {
  for (const char* other : {"item_id", "quantity"}) {
    if (from.contains(other)) {
      violations.push_back({fmt::format("/{}", other), "cannot be given together with items"});
    }
  }
  const std::size_t count = items.is_array() ? items.get_array().size() : 0;
  if (count == 0 || count > static_cast<std::size_t>(limits.lines)) {
    violations.push_back({"/items", fmt::format("must be an array of 1 to {} items", limits.lines)});
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const json::value& item = items.get_array()[i];
    const std::string pointer = fmt::format("/items/{}", i);
    if (item.is_object()) {
      ReadLine(item.get_object(), pointer, limits, order.add_lines(), violations);
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

// Between the years that a timestamp of protobuf and PostgreSQL both know.
bool ReadTime(const std::string& text, google::protobuf::Timestamp* out) {
  absl::Time time;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) return false;
  const std::int64_t year = absl::ToCivilYear(time, absl::UTCTimeZone()).year();
  if (year < 1 || year > 9999) return false;
  *out = rpc::ToProto(time);
  return true;
}

bool ReadStatus(const std::string& text, order::v1::ListOrdersRequest& listing) {
  for (const auto status :
       {order::v1::ORDER_STATUS_PENDING, order::v1::ORDER_STATUS_COMPLETED, order::v1::ORDER_STATUS_CANCELLED}) {
    if (text == StatusName(status)) {
      listing.set_status(status);
      return true;
    }
  }
  return false;
}

bool ReadLimit(const std::string& text, order::v1::ListOrdersRequest& listing) {
  int limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size() || limit < 1 || limit > kMaxPage) return false;
  listing.set_page_size(limit);
  return true;
}

}  // namespace

absl::StatusOr<order::v1::PlaceOrderRequest> ReadOrder(std::string_view body, const InputLimits& limits) {
  const absl::StatusOr<json::object> from = ParseObject(body, static_cast<std::size_t>(limits.json_depth));
  if (!from.ok()) return from.status();
  order::v1::PlaceOrderRequest order;
  Violations violations;
  if (const json::value* items = from->if_contains("items"); items != nullptr && !items->is_null()) {
    ReadItems(*from, *items, limits, order, violations);
  } else {
    ReadLine(*from, "", limits, order.add_lines(), violations);
  }
  ReadEmail(*from, order, violations);
  if (!violations.empty()) return BadRequest(violations);
  return order;
}

absl::StatusOr<std::string> ReadReason(std::string_view body, const InputLimits& limits) {
  if (body.empty()) return std::string();
  const absl::StatusOr<json::object> from = ParseObject(body, static_cast<std::size_t>(limits.json_depth));
  if (!from.ok()) return from.status();
  const json::value* reason = from->if_contains("reason");
  if (reason == nullptr || reason->is_null()) return std::string();
  if (!reason->is_string() || !IsName(std::string_view(reason->get_string()))) {
    return BadRequest({{"/reason", "must be a string of 1 to 255 bytes without control characters"}});
  }
  return std::string(reason->get_string());
}

absl::StatusOr<order::v1::ListOrdersRequest> ReadListing(const std::map<std::string, std::string>& query) {
  order::v1::ListOrdersRequest listing;
  Violations violations;
  for (const auto& [name, value] : query) {
    if (name == "user_email") {
      listing.set_user_email(value);
      if (!IsEmailAddress(value)) violations.push_back({name, "must be an e-mail address"});
    } else if (name == "status") {
      if (!ReadStatus(value, listing)) violations.push_back({name, "must be PENDING, COMPLETED or CANCELLED"});
    } else if (name == "since") {
      if (!ReadTime(value, listing.mutable_since()))
        violations.push_back({name, "must be a time like 2026-01-31T12:00:00Z"});
    } else if (name == "until") {
      if (!ReadTime(value, listing.mutable_until()))
        violations.push_back({name, "must be a time like 2026-01-31T12:00:00Z"});
    } else if (name == "limit") {
      if (!ReadLimit(value, listing)) violations.push_back({name, fmt::format("must be from 1 to {}", kMaxPage)});
    } else if (name == "cursor") {
      listing.set_page_token(value);
      if (!IsName(value)) violations.push_back({name, "must be the next_cursor of an earlier answer"});
    }
  }
  if (!violations.empty()) return BadRequest(violations);
  return listing;
}

}  // namespace ordersaga::gateway
