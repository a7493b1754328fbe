// InventoryService over gRPC. Reservations go through the turn loop, reads and restocks through small pools; no handler
// blocks.
#pragma once

#include "ordersaga/inventory/v1/inventory.grpc.pb.h"
#include "platform/participant/shell/participant.h"
#include "platform/pg/pqxx.h"
#include "platform/rpc/served.h"
#include "services/inventory/store/restocks.h"

namespace ordersaga::inventory {

class InventoryServiceImpl final {
 public:
  InventoryServiceImpl(participant::Participant& reservations, pg::PqxxPool& reads, pg::SessionPool& writes)
      : reservations_(reservations), reads_(reads), writes_(writes) {}

  void AddTo(rpc::Served<v1::InventoryService>& served);

  grpc::ServerUnaryReactor* Reserve(grpc::CallbackServerContext* context, const v1::ReserveRequest* request,
                                    v1::ReserveResponse* response);
  grpc::ServerWriteReactor<v1::ReserveBatchResponse>* ReserveBatch(grpc::CallbackServerContext* context,
                                                                   const v1::ReserveBatchRequest* request);
  grpc::ServerUnaryReactor* Release(grpc::CallbackServerContext* context, const v1::ReleaseRequest* request,
                                    v1::ReleaseResponse* response);
  grpc::ServerUnaryReactor* GetReservation(grpc::CallbackServerContext* context,
                                           const v1::GetReservationRequest* request,
                                           v1::GetReservationResponse* response);
  grpc::ServerUnaryReactor* ListReservations(grpc::CallbackServerContext* context,
                                             const v1::ListReservationsRequest* request,
                                             v1::ListReservationsResponse* response);
  grpc::ServerUnaryReactor* GetProduct(grpc::CallbackServerContext* context, const v1::GetProductRequest* request,
                                       v1::GetProductResponse* response);
  grpc::ServerUnaryReactor* ListProducts(grpc::CallbackServerContext* context, const v1::ListProductsRequest* request,
                                         v1::ListProductsResponse* response);
  grpc::ServerUnaryReactor* Restock(grpc::CallbackServerContext* context, const v1::RestockRequest* request,
                                    v1::RestockResponse* response, const access::Principal& caller);
  grpc::ServerUnaryReactor* ListRestocks(grpc::CallbackServerContext* context, const v1::ListRestocksRequest* request,
                                         v1::ListRestocksResponse* response);
  grpc::ServerUnaryReactor* CountStock(grpc::CallbackServerContext* context, const v1::CountStockRequest* request,
                                       v1::CountStockResponse* response);
  grpc::ServerUnaryReactor* GetEffect(grpc::CallbackServerContext* context, const common::v1::GetEffectRequest* request,
                                      common::v1::GetEffectResponse* response);
  grpc::ServerWriteReactor<v1::ListEffectsResponse>* ListEffects(grpc::CallbackServerContext* context,
                                                                 const common::v1::ListEffectsRequest* request);

 private:
  using Reserved = std::function<void(const absl::Status&, v1::ReserveResponse)>;
  void Take(const v1::ReserveRequest& request, absl::Time deadline, Reserved done);

  participant::Participant& reservations_;
  pg::PqxxPool& reads_;
  pg::SessionPool& writes_;
  const participant::EffectStore effects_{};
  const Restocks restocks_{};
};

}  // namespace ordersaga::inventory
