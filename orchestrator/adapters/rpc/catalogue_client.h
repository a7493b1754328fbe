// Reads today's prices from inventory, for the price list that the orchestrator keeps in its own
// database.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ordersaga/inventory/v1/inventory.grpc.pb.h"
#include "platform/base/money.h"
#include "platform/rpc/call_group.h"
#include "platform/rpc/replicas.h"

namespace ordersaga::orchestrator {

struct ItemPrice {
  std::string item_id;
  Money unit_price;

  bool operator==(const ItemPrice&) const = default;
};

// Thread-safe.
class CatalogueClient {
 public:
  // `replicas`, of inventory, must outlive it.
  explicit CatalogueClient(const rpc::Replicas& replicas) : replicas_(replicas) {}

  // `done` is called exactly once, on a gRPC thread, at the latest when `timeout` has passed.
  // Errors: inventory's own, or DATA_LOSS for a catalogue with a price that cannot be one: none of
  // it is to be used then, because an item left out would be sold at the default price.
  void ListPrices(absl::Duration timeout, std::function<void(absl::StatusOr<std::vector<ItemPrice>>)> done);

 private:
  const rpc::Replicas& replicas_;
  rpc::CallGroup calls_;  // last: destroyed, and so waited for, first
};

}  // namespace ordersaga::orchestrator
