// What can be taken from a set of products, all lines of an order or none. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ordersaga::inventory {

struct Line {
  std::string item_id;
  std::int64_t quantity = 0;

  bool operator==(const Line&) const = default;
};

struct Refusal {
  std::string reason;   // OUT_OF_STOCK, UNKNOWN_PRODUCT
  std::string message;  // names the product and the numbers
};

class Stock {
 public:
  explicit Stock(std::map<std::string, std::int64_t> on_hand) : on_hand_(std::move(on_hand)) {}

  // Takes all lines, or none and says why not. Lines may name a product more than once.
  std::optional<Refusal> Take(const std::vector<Line>& lines);
  void GiveBack(const std::vector<Line>& lines);

  // By how much each product has changed since the beginning; products with no change are left out.
  std::map<std::string, std::int64_t> Changes() const;

 private:
  std::map<std::string, std::int64_t> on_hand_;
  std::map<std::string, std::int64_t> changes_;
};

// The stored form of the lines of a reservation, and back. Never change it: rows are kept for ever.
std::string EncodeLines(const std::vector<Line>& lines);
std::vector<Line> DecodeLines(const std::string& text);

}  // namespace ordersaga::inventory
