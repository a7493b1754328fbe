#include "orchestrator/audit/stock.h"

#include <fmt/format.h>

#include <algorithm>

namespace ordersaga::audit {

void StockCount::Add(const Reservation& reservation) {
  const bool held = reservation.state == EffectState::kApplied;
  if (!held && reservation.state != EffectState::kReversed) return;
  for (const Line& line : reservation.lines) {
    Units& units = units_[line.item_id];
    if (held) {
      units.held += line.quantity;
      if (reservation.created_at >= recent_) units.held_recent += line.quantity;
    } else if (reservation.updated_at >= recent_) {
      units.released_recent += line.quantity;
    }
  }
}

std::vector<Violation> StockCount::Judge(const std::vector<Product>& before, const std::vector<Product>& after) const {
  std::map<std::string_view, const Product*> earlier;
  for (const Product& product : before) earlier[product.id] = &product;
  std::vector<Violation> violations;
  std::map<std::string_view, const Units*> unknown;  // reserved, and of no product
  for (const auto& [id, units] : units_) {
    if (units.held != 0) unknown[id] = &units;
  }
  for (const Product& now : after) {
    unknown.erase(now.id);
    if (now.restocked != now.restocks) {
      violations.push_back({now.id, Rule::kStock,
                            fmt::format("{} restocked, and its restocks come to {}", now.restocked, now.restocks)});
    }
    const auto found = earlier.find(now.id);
    const auto counted = units_.find(now.id);
    const Units units = counted == units_.end() ? Units() : counted->second;
    const Product& then = found == earlier.end() ? now : *found->second;
    const bool still = found != earlier.end() && then == now;
    const std::int64_t least = still ? units.held : units.held - units.held_recent;
    const std::int64_t most = still ? units.held : units.held + units.released_recent;
    // What was sold when the audit began cannot exceed all that was ever seen of it; what is sold now cannot be less
    // than what was surely held.
    const bool fits = still ? now.sold() == units.held
                            : std::max(then.sold(), now.sold()) >= least && std::min(then.sold(), now.sold()) <= most;
    if (fits && now.on_hand >= 0) continue;
    violations.push_back({now.id, Rule::kStock,
                          fmt::format("{} at first + {} restocked - {} held by orders is not the {} on hand",
                                      now.initial, now.restocked, units.held, now.on_hand)});
  }
  for (const auto& [id, units] : unknown) {
    violations.push_back(
        {std::string(id), Rule::kStock, fmt::format("{} held by orders, and there is no such product", units->held)});
  }
  return violations;
}

}  // namespace ordersaga::audit
