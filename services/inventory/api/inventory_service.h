// InventoryService over gRPC. Writes go through the turn loop, reads through a small pool; no handler blocks.
#pragma once

#include "ordersaga/inventory/v1/inventory.grpc.pb.h"
#include "platform/participant/turn_loop.h"
#include "platform/pg/pool.h"
#include "platform/runtime/metrics.h"
#include "services/inventory/store/inventory_turn.h"

namespace ordersaga::inventory {

using Loop = participant::TurnLoop<Item>;

class InventoryServiceImpl final : public v1::InventoryService::CallbackService {
 public:
  InventoryServiceImpl(Loop& loop, pg::SessionPool& reads);

  grpc::ServerUnaryReactor* Reserve(grpc::CallbackServerContext* context, const v1::ReserveRequest* request,
                                    v1::ReserveResponse* response) override;
  grpc::ServerUnaryReactor* Release(grpc::CallbackServerContext* context, const v1::ReleaseRequest* request,
                                    v1::ReleaseResponse* response) override;
  grpc::ServerUnaryReactor* GetReservation(grpc::CallbackServerContext* context,
                                           const v1::GetReservationRequest* request,
                                           v1::GetReservationResponse* response) override;
  grpc::ServerUnaryReactor* GetProduct(grpc::CallbackServerContext* context, const v1::GetProductRequest* request,
                                       v1::GetProductResponse* response) override;
  grpc::ServerUnaryReactor* ListProducts(grpc::CallbackServerContext* context, const v1::ListProductsRequest* request,
                                         v1::ListProductsResponse* response) override;

 private:
  Loop& loop_;
  pg::SessionPool& reads_;
  const participant::EffectStore effects_;
  const std::string get_, list_;
};

}  // namespace ordersaga::inventory
