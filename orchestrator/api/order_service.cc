#include "orchestrator/api/order_service.h"

#include "orchestrator/api/convert.h"
#include "orchestrator/api/list.h"
#include "orchestrator/api/validate.h"
#include "orchestrator/api/watch_call.h"
#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/base/traceparent.h"
#include "platform/rpc/handler.h"

namespace ordersaga::orchestrator {
namespace {

// The caller's; for one that sent none, or none that is valid, a trace begins here.
std::string TraceparentOf(const grpc::CallbackServerContext& context, Rng& rng) {
  const auto sent = context.client_metadata().find("traceparent");
  std::optional<Traceparent> trace;
  if (sent != context.client_metadata().end()) trace = ParseTraceparent({sent->second.data(), sent->second.size()});
  return (trace.has_value() ? *trace : NewTrace(rng)).ToString();
}

}  // namespace

void OrderServiceImpl::AddTo(rpc::Served<order::v1::OrderService>& served) {
  served.Add("PlaceOrder", this, &OrderServiceImpl::PlaceOrder);
  served.Add("GetOrder", this, &OrderServiceImpl::GetOrder);
  served.Add("ListOrders", this, &OrderServiceImpl::ListOrders);
  served.Add("CancelOrder", this, &OrderServiceImpl::CancelOrder);
  served.Add("WatchOrder", this, &OrderServiceImpl::WatchOrder);
}

grpc::ServerUnaryReactor* OrderServiceImpl::PlaceOrder(grpc::CallbackServerContext* context,
                                                       const order::v1::PlaceOrderRequest* request,
                                                       order::v1::PlaceOrderResponse* response,
                                                       const access::Principal& caller) {
  const std::shared_ptr<const Prices> prices = prices_.Get();
  if (prices == nullptr) {
    return rpc::Answer(context, TryAgain(absl::StatusCode::kUnavailable, "STARTING",
                                         "the price list has not been read yet", absl::Seconds(1)));
  }
  absl::StatusOr<PlaceRequest> place = Validate(*request, caller.client);
  if (!place.ok()) return rpc::Answer(context, place.status());
  absl::StatusOr<Priced> priced = Price(std::move(place->lines), *prices);
  if (!priced.ok()) return rpc::Answer(context, priced.status());
  place->lines = std::move(priced->lines);
  place->total = priced->total;
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
    rpc::Finish(reactor, placed.status());
  });
  return reactor;
}

grpc::ServerUnaryReactor* OrderServiceImpl::GetOrder(grpc::CallbackServerContext* context,
                                                     const order::v1::GetOrderRequest* request,
                                                     order::v1::GetOrderResponse* response,
                                                     const access::Principal& caller) {
  const absl::StatusOr<Uuid> id = ParseOrderId(request->order_id());
  if (!id.ok()) return rpc::Answer(context, id.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reader_.Get(*id, [reactor, response, caller](const absl::StatusOr<Saga>& saga) {
    const absl::Status seen = Seen(saga, caller);
    if (seen.ok()) ToProto(*saga, response->mutable_order());
    rpc::Finish(reactor, seen);
  });
  return reactor;
}

grpc::ServerUnaryReactor* OrderServiceImpl::ListOrders(grpc::CallbackServerContext* context,
                                                       const order::v1::ListOrdersRequest* request,
                                                       order::v1::ListOrdersResponse* response,
                                                       const access::Principal& caller) {
  absl::StatusOr<SagaFilter> filter = FilterOf(*request);
  if (filter.ok() && !ReadsAll(caller)) filter->client = caller.client;
  return AnswerList(context, reader_, std::move(filter), response,
                    [](const Saga& saga, auto* page) { ToProto(saga, page->add_orders()); });
}

grpc::ServerUnaryReactor* OrderServiceImpl::CancelOrder(grpc::CallbackServerContext* context,
                                                        const order::v1::CancelOrderRequest* request,
                                                        order::v1::CancelOrderResponse* response,
                                                        const access::Principal& caller) {
  const absl::StatusOr<Uuid> id = ParseOrderId(request->order_id());
  if (!id.ok()) return rpc::Answer(context, id.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const std::string reason = CleanText(request->reason());
  const std::int64_t version = request->if_version();
  // The reader knows whether it exists and is over; the engine knows only what is still open.
  reader_.Get(*id, [=, this, id = *id](const absl::StatusOr<Saga>& saga) {
    if (const absl::Status seen = Seen(saga, caller); !seen.ok()) return rpc::Finish(reactor, seen);
    if (version != 0 && version != saga->version) {
      return reactor->Finish(rpc::ToGrpc(MakeError(absl::StatusCode::kFailedPrecondition, "ORDER_CHANGED",
                                                   "the order has changed since the version that was named")));
    }
    if (saga->status == Status::kCancelled) return reactor->Finish(grpc::Status::OK);
    if (saga->status == Status::kCompleted) {
      return reactor->Finish(rpc::ToGrpc(MakeError(absl::StatusCode::kFailedPrecondition, "ORDER_ALREADY_COMPLETED",
                                                   "the order is completed and can no longer be cancelled")));
    }
    engine_.CancelOrder(id, {reason, Signature(caller)}, [=, this](const absl::Status& status) {
      const bool sent_on = forwarder_.Forward<order::v1::OrderService>(
          status, id.shard(), *context, &order::v1::OrderService::Stub::async::CancelOrder, *request, response,
          reactor);
      if (!sent_on) rpc::Finish(reactor, status);
    });
  });
  return reactor;
}

grpc::ServerWriteReactor<order::v1::WatchOrderResponse>* OrderServiceImpl::WatchOrder(
    grpc::CallbackServerContext* context, const order::v1::WatchOrderRequest* request,
    const access::Principal& caller) {
  const auto still = [this, context] { return guard_.WhoCalls(*context).status(); };
  return StartWatchCall(*request, {caller, still}, reader_, watcher_);
}

}  // namespace ordersaga::orchestrator
