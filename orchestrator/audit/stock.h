// Per product: initial + restocked - sold = on hand. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "orchestrator/audit/facts.h"
#include "orchestrator/audit/judge.h"

namespace ordersaga::audit {

struct Product {
  std::string id;
  std::int64_t initial = 0;
  std::int64_t restocked = 0;
  std::int64_t on_hand = 0;
  std::int64_t restocks = 0;  // what the restocks themselves come to

  std::int64_t sold() const { return initial + restocked - on_hand; }
  bool operator==(const Product&) const = default;
};

// Counts what all reservations hold, of every order and stranger; memory grows with the products only.
class StockCount {
 public:
  // `began`: when the first products were read. Reservations of up to a minute before count as recent, which allows
  // that much between the clocks.
  explicit StockCount(absl::Time began) : recent_(began - absl::Minutes(1)) {}

  void Add(const Reservation& reservation);

  // The products as read before the first and after the last Add. One that is the same in both is judged exactly (a
  // suspicion, as sales and releases may have evened out: count again); one that moved, by what was surely sold before
  // and what can have been sold after.
  std::vector<Violation> Judge(const std::vector<Product>& before, const std::vector<Product>& after) const;

 private:
  struct Units {
    std::int64_t held = 0;             // reserved and not released
    std::int64_t held_recent = 0;      // of those, reserved a moment ago
    std::int64_t released_recent = 0;  // released a moment ago
  };

  const absl::Time recent_;
  std::map<std::string, Units, std::less<>> units_;
};

}  // namespace ordersaga::audit
