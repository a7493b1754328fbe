#include "orchestrator/api/order_service.h"

#include "orchestrator/api/convert.h"
#include "orchestrator/api/validate.h"
#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/rpc/handler.h"
#include "platform/rpc/status.h"

namespace ordersaga::orchestrator {
namespace {

grpc::ServerUnaryReactor* Refuse(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(rpc::ToGrpc(status));
  return reactor;
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
  place->deadline = rpc::DeadlineOf(*context);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  engine_.PlaceOrder(*std::move(place), [reactor, response](absl::StatusOr<Placed> placed) {
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

grpc::ServerUnaryReactor* OrderServiceImpl::CancelOrder(grpc::CallbackServerContext* context,
                                                        const order::v1::CancelOrderRequest* request,
                                                        order::v1::CancelOrderResponse* /*response*/) {
  const absl::StatusOr<Uuid> id = ParseOrderId(request->order_id());
  if (!id.ok()) return Refuse(context, id.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const std::string reason = CleanText(request->reason());
  // The reader knows whether it exists and is over; the engine knows only what is still open.
  reader_.Get(*id, [this, reactor, id = *id, reason](const absl::StatusOr<Saga>& saga) {
    if (!saga.ok()) return reactor->Finish(rpc::ToGrpc(saga.status()));
    if (saga->status == Status::kCancelled) return reactor->Finish(grpc::Status::OK);
    if (saga->status == Status::kCompleted) {
      return reactor->Finish(rpc::ToGrpc(MakeError(absl::StatusCode::kFailedPrecondition, "ORDER_ALREADY_COMPLETED",
                                                   "the order is completed and can no longer be cancelled")));
    }
    engine_.CancelOrder(id, reason, [reactor](const absl::Status& status) { reactor->Finish(rpc::ToGrpc(status)); });
  });
  return reactor;
}

}  // namespace ordersaga::orchestrator
