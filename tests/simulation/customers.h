// Those who place orders, change their minds, or sit at the operator's desk. Patient: the same key until there is an
// answer. What they have been told is kept, for the checks.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/replica.h"

namespace ordersaga::sim {

struct SimOrder {
  orchestrator::OrderKey key;
  std::vector<orchestrator::OrderLine> lines;
  Money total;
  std::optional<Uuid> id;        // as it was told to the customer: accepted
  bool cancel_accepted = false;  // he was told that it will be cancelled
  bool cancel_refused = false;   // he was told that it is completed
};

class Customers {
 public:
  // `replicas` may grow; dead ones are passed over.
  Customers(World& world, std::vector<std::unique_ptr<Replica>>& replicas) : world_(world), replicas_(replicas) {}

  std::vector<std::unique_ptr<SimOrder>> orders;

  void Place(SimOrder& order);
  void Cancel(SimOrder& order);
  // An operator does something to the saga, whatever state it is in; once.
  void Operate(const Uuid& id, orchestrator::Verb verb);
  // An operator puts the participant on hold, or releases it; once.
  void Hold(const std::string& participant, bool begins);
  struct Deed {
    Uuid id;
    bool done = false;  // he was told so
  };
  // What operators have asked for, by the reason, which each has for himself.
  std::map<std::string, Deed> deeds;

 private:
  // Some replica that takes connections; nullptr if there is none.
  Replica* Any();
  void Ask(std::function<void(Replica&)> what, World::Closure again);
  void OnPlaced(SimOrder& order, const absl::StatusOr<orchestrator::Placed>& placed);

  World& world_;
  std::vector<std::unique_ptr<Replica>>& replicas_;
};

}  // namespace ordersaga::sim
