// The PriceSource port on inventory's catalogue.
#pragma once

#include "orchestrator/ports/price_source.h"
#include "ordersaga/inventory/v1/inventory.grpc.pb.h"
#include "platform/rpc/call_group.h"
#include "platform/rpc/replicas.h"
#include "platform/runtime/service.h"

namespace ordersaga::orchestrator {

// Thread-safe.
class CatalogueClient final : public PriceSource, public Service {
 public:
  // `replicas`, of inventory, must outlive it.
  explicit CatalogueClient(const rpc::Replicas& replicas) : replicas_(replicas) {}

  void ListPrices(absl::Duration timeout, Done<Prices> done) override;

  absl::Status Start() override { return absl::OkStatus(); }
  // Ends the calls under way; all have been answered when it returns.
  void Stop() override { calls_.Stop(); }

 private:
  const rpc::Replicas& replicas_;
  rpc::CallGroup calls_;
};

}  // namespace ordersaga::orchestrator
