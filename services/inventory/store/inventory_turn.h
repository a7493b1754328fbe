// A turn of inventory: reservations and releases, decided in the order they arrived, in one transaction.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "platform/participant/effect_store.h"
#include "services/inventory/domain/stock.h"

namespace ordersaga::inventory {

struct Reserve {
  participant::ActionRequest request;
  std::vector<Line> lines;
};
struct Release {
  participant::CompensationRequest request;
};

struct Outcome {
  absl::Status status;  // an error is neither yes nor no
  bool applied = false;
  std::string reason;
  std::string message;
  std::string reservation_id;
  bool undone = false;
  bool fresh = false;  // happened in this turn, not in an earlier one
};

struct Item {
  std::string action_key;
  absl::Time deadline;
  std::variant<Reserve, Release> ask;
  Outcome outcome;
  std::function<void(const Outcome&)> done;
};

class InventoryTurn {
 public:
  InventoryTurn();
  absl::Status Handle(pg::Tx& tx, std::vector<Item>& items) const;

 private:
  struct Work;
  void Decide(const Reserve& reserve, Work& work, Outcome& outcome) const;
  void Decide(const Release& release, Work& work, Outcome& outcome) const;
  Stock LockStock(pg::Tx& tx, const std::set<std::string>& item_ids) const;

  const participant::EffectStore effects_;
  const std::string lock_, update_;
};

}  // namespace ordersaga::inventory
