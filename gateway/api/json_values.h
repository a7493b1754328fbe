// Small values as JSON. Pure.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "ordersaga/common/v1/common.pb.h"
#include "platform/rpc/time.h"

namespace ordersaga::gateway {

inline boost::json::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

// "2026-01-31T12:00:00.123456Z"
inline std::string Rfc3339(const google::protobuf::Timestamp& timestamp) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", rpc::FromProto(timestamp), absl::UTCTimeZone());
}

// {"amount_minor":10000,"currency":"USD"}
inline boost::json::object MoneyJson(const common::v1::Money& money) {
  return {{"amount_minor", money.amount_minor()}, {"currency", money.currency()}};
}

inline boost::json::object LineJson(const common::v1::Line& line) {
  return {{"item_id", line.item_id()}, {"quantity", line.quantity()}};
}

}  // namespace ordersaga::gateway
