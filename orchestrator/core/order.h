// An accepted order: what was asked for and at what price. Never changes after acceptance.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "platform/base/money.h"
#include "platform/base/uuid.h"

namespace ordersaga::orchestrator {

struct OrderLine {
  std::string item_id;
  std::int32_t quantity = 0;
  Money unit_price;

  bool operator==(const OrderLine&) const = default;
};

struct Order {
  Uuid id;  // also the saga's
  std::vector<OrderLine> lines;
  std::string user_email;
  std::string client = {};  // whose order it is; empty: placed without an API key, which all share
  Money total;
  absl::Time created_at;
  std::string traceparent = {};  // W3C, as platform/base/traceparent.h writes it; empty: placed before there was one

  bool operator==(const Order&) const = default;
};

}  // namespace ordersaga::orchestrator
