#include "services/inventory/domain/stock.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace ordersaga::inventory {
namespace {

std::map<std::string, std::int64_t> Totals(const std::vector<Line>& lines) {
  std::map<std::string, std::int64_t> totals;
  for (const Line& line : lines) totals[line.item_id] += line.quantity;
  return totals;
}

}  // namespace

std::optional<Refusal> Stock::Take(const std::vector<Line>& lines) {
  const std::map<std::string, std::int64_t> totals = Totals(lines);
  for (const auto& [item_id, quantity] : totals) {
    const auto found = on_hand_.find(item_id);
    if (found == on_hand_.end()) {
      return Refusal{"UNKNOWN_PRODUCT", fmt::format("there is no product {}", item_id)};
    }
    if (found->second < quantity) {
      return Refusal{"OUT_OF_STOCK", fmt::format("{}: {} requested, {} available", item_id, quantity, found->second)};
    }
  }
  for (const auto& [item_id, quantity] : totals) {
    on_hand_[item_id] -= quantity;
    changes_[item_id] -= quantity;
  }
  return std::nullopt;
}

void Stock::GiveBack(const std::vector<Line>& lines) {
  for (const Line& line : lines) {
    on_hand_[line.item_id] += line.quantity;
    changes_[line.item_id] += line.quantity;
  }
}

std::map<std::string, std::int64_t> Stock::Changes() const {
  std::map<std::string, std::int64_t> changes = changes_;
  std::erase_if(changes, [](const auto& change) { return change.second == 0; });
  return changes;
}

std::string EncodeLines(const std::vector<Line>& lines) {
  boost::json::array array;
  for (const Line& line : lines) {
    array.push_back({{"item_id", line.item_id}, {"quantity", line.quantity}});
  }
  return boost::json::serialize(array);
}

std::vector<Line> DecodeLines(const std::string& text) {
  std::vector<Line> lines;
  const boost::json::value parsed = boost::json::parse(text);
  for (const auto& value : parsed.as_array()) {
    const auto& object = value.as_object();
    lines.push_back({std::string(object.at("item_id").as_string()), object.at("quantity").to_number<std::int64_t>()});
  }
  return lines;
}

}  // namespace ordersaga::inventory
