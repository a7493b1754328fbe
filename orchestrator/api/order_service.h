// OrderService over gRPC: validates, converts, delegates. Callback API: no handler blocks, answers come from the
// engine's loop or the reader's threads.
#pragma once

#include "orchestrator/api/forwarder.h"
#include "orchestrator/api/order_watcher.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/ports/saga_reader.h"
#include "orchestrator/prices/price_list.h"
#include "ordersaga/order/v1/order.grpc.pb.h"
#include "platform/base/rng.h"
#include "platform/rpc/served.h"

namespace ordersaga::orchestrator {

class OrderServiceImpl final {
 public:
  OrderServiceImpl(Engine& engine, Forwarder& forwarder, SagaReader& reader, OrderWatcher& watcher,
                   const PriceList& prices, const rpc::Guard& guard, Rng& rng)
      : engine_(engine),
        forwarder_(forwarder),
        reader_(reader),
        watcher_(watcher),
        prices_(prices),
        guard_(guard),
        rng_(rng) {}

  void AddTo(rpc::Served<order::v1::OrderService>& served);

  grpc::ServerUnaryReactor* PlaceOrder(grpc::CallbackServerContext* context,
                                       const order::v1::PlaceOrderRequest* request,
                                       order::v1::PlaceOrderResponse* response, const access::Principal& caller);
  grpc::ServerUnaryReactor* GetOrder(grpc::CallbackServerContext* context, const order::v1::GetOrderRequest* request,
                                     order::v1::GetOrderResponse* response, const access::Principal& caller);
  grpc::ServerUnaryReactor* ListOrders(grpc::CallbackServerContext* context,
                                       const order::v1::ListOrdersRequest* request,
                                       order::v1::ListOrdersResponse* response, const access::Principal& caller);
  grpc::ServerUnaryReactor* CancelOrder(grpc::CallbackServerContext* context,
                                        const order::v1::CancelOrderRequest* request,
                                        order::v1::CancelOrderResponse* response, const access::Principal& caller);
  grpc::ServerWriteReactor<order::v1::WatchOrderResponse>* WatchOrder(grpc::CallbackServerContext* context,
                                                                      const order::v1::WatchOrderRequest* request,
                                                                      const access::Principal& caller);

 private:
  Engine& engine_;
  Forwarder& forwarder_;
  SagaReader& reader_;
  OrderWatcher& watcher_;
  const PriceList& prices_;
  const rpc::Guard& guard_;
  Rng& rng_;
};

}  // namespace ordersaga::orchestrator
