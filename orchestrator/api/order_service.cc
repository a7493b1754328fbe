#include "orchestrator/api/order_service.h"

#include "orchestrator/api/convert.h"
#include "orchestrator/api/validate.h"
#include "orchestrator/api/watch_call.h"
#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/base/traceparent.h"
#include "platform/rpc/handler.h"
#include "platform/rpc/status.h"

namespace ordersaga::orchestrator {
namespace {

grpc::ServerUnaryReactor* Refuse(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(rpc::ToGrpc(status));
  return reactor;
}

// The caller's; for one that sent none, or none that is valid, a trace begins here.
std::string TraceparentOf(const grpc::CallbackServerContext& context, Rng& rng) {
  const auto sent = context.client_metadata().find("traceparent");
  std::optional<Traceparent> trace;
  if (sent != context.client_metadata().end()) trace = ParseTraceparent({sent->second.data(), sent->second.size()});
  return (trace.has_value() ? *trace : NewTrace(rng)).ToString();
}

}  // namespace

grpc::ServerUnaryReactor* OrderServiceImpl::PlaceOrder(grpc::CallbackServerContext* context,
                                                       const order::v1::PlaceOrderRequest* request,
                                                       order::v1::PlaceOrderResponse* response) {
  if (!prices_.loaded()) {
    return Refuse(context, TryAgain(absl::StatusCode::kUnavailable, "STARTING", "the price list has not been read yet",
                                    absl::Seconds(1)));
  }
  absl::StatusOr<PlaceRequest> place = Validate(*request, prices_);
  if (!place.ok()) return Refuse(context, place.status());
  place->traceparent = TraceparentOf(*context, rng_);
  place->deadline = rpc::DeadlineOf(*context);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const int shard = ShardOf(place->key, engine_.shards());
  engine_.PlaceOrder(*std::move(place), [=, this](const absl::StatusOr<Placed>& placed) {
    if (forwarder_.Forward<order::v1::OrderService>(placed.status(), shard, *context,
                                                    &order::v1::OrderService::Stub::async::PlaceOrder, *request,
                                                    response, reactor)) {
      return;
    }
    if (placed.ok()) {
      response->set_order_id(placed->id.ToString());
      response->set_status(ToProto(placed->status));
      response->set_replayed(placed->replayed);
    }
    reactor->Finish(rpc::ToGrpc(placed.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* OrderServiceImpl::GetOrder(grpc::CallbackServerContext* context,
                                                     const order::v1::GetOrderRequest* request,
                                                     order::v1::GetOrderResponse* response) {
  const absl::StatusOr<Uuid> id = ParseOrderId(request->order_id());
  if (!id.ok()) return Refuse(context, id.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reader_.Get(*id, [reactor, response](const absl::StatusOr<Saga>& saga) {
    if (saga.ok()) ToProto(*saga, response->mutable_order());
    reactor->Finish(rpc::ToGrpc(saga.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* OrderServiceImpl::ListOrders(grpc::CallbackServerContext* context,
                                                       const order::v1::ListOrdersRequest* request,
                                                       order::v1::ListOrdersResponse* response) {
  absl::StatusOr<SagaFilter> filter = FilterFrom(*request);
  if (!filter.ok()) return Refuse(context, filter.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const auto limit = static_cast<std::size_t>(filter->limit++);  // one more tells whether there is a next page
  reader_.List(*std::move(filter), [reactor, response, limit](const absl::StatusOr<std::vector<Saga>>& sagas) {
    for (std::size_t i = 0; sagas.ok() && i < std::min(sagas->size(), limit); ++i) {
      ToProto((*sagas)[i], response->add_orders());
    }
    if (sagas.ok() && sagas->size() > limit) response->set_next_page_token((*sagas)[limit - 1].id().ToString());
    reactor->Finish(rpc::ToGrpc(sagas.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* OrderServiceImpl::CancelOrder(grpc::CallbackServerContext* context,
                                                        const order::v1::CancelOrderRequest* request,
                                                        order::v1::CancelOrderResponse* response) {
  const absl::StatusOr<Uuid> id = ParseOrderId(request->order_id());
  if (!id.ok()) return Refuse(context, id.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const std::string reason = CleanText(request->reason());
  const std::int64_t version = request->if_version();
  // The reader knows whether it exists and is over; the engine knows only what is still open.
  reader_.Get(*id, [=, this, id = *id](const absl::StatusOr<Saga>& saga) {
    if (!saga.ok()) return reactor->Finish(rpc::ToGrpc(saga.status()));
    if (version != 0 && version != saga->version) {
      return reactor->Finish(rpc::ToGrpc(MakeError(absl::StatusCode::kFailedPrecondition, "ORDER_CHANGED",
                                                   "the order has changed since the version that was named")));
    }
    if (saga->status == Status::kCancelled) return reactor->Finish(grpc::Status::OK);
    if (saga->status == Status::kCompleted) {
      return reactor->Finish(rpc::ToGrpc(MakeError(absl::StatusCode::kFailedPrecondition, "ORDER_ALREADY_COMPLETED",
                                                   "the order is completed and can no longer be cancelled")));
    }
    engine_.CancelOrder(id, reason, [=, this](const absl::Status& status) {
      const bool sent_on = forwarder_.Forward<order::v1::OrderService>(
          status, id.shard(), *context, &order::v1::OrderService::Stub::async::CancelOrder, *request, response,
          reactor);
      if (!sent_on) reactor->Finish(rpc::ToGrpc(status));
    });
  });
  return reactor;
}

grpc::ServerWriteReactor<order::v1::WatchOrderResponse>* OrderServiceImpl::WatchOrder(
    grpc::CallbackServerContext* /*context*/, const order::v1::WatchOrderRequest* request) {
  return StartWatchCall(*request, reader_, watcher_);
}

}  // namespace ordersaga::orchestrator
