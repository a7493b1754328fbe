// What two columns of a saga hold as JSON. The stored form is pinned by a golden test: a field may be added (with a
// default for rows that lack it), never renamed or given another meaning.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "orchestrator/core/saga.h"

namespace ordersaga::orchestrator {

std::string EncodeLines(const Order& order);  // lines
std::string EncodeState(const Saga& saga);    // state

// Both throw a std::exception when the text cannot be understood.
void DecodeLines(std::string_view text, Order& order);  // order.total.currency is there
void DecodeState(std::string_view text, Saga& saga);    // saga.order is there

// What a name of the row stands for. Throws if nobody knows it, so that the reader gives up on the row.
template <typename T>
T Known(std::optional<T> parsed, std::string_view name) {
  if (!parsed.has_value()) throw std::runtime_error("unknown name: " + std::string(name));
  return *parsed;
}

}  // namespace ordersaga::orchestrator
