#include "orchestrator/adapters/rpc/inventory_participant.h"

#include <utility>

#include "orchestrator/adapters/rpc/batch.h"
#include "orchestrator/adapters/rpc/reply.h"
#include "platform/rpc/call_group.h"

namespace ordersaga::orchestrator {
namespace {

using inventory::v1::InventoryService;
using inventory::v1::ReleaseRequest;
using inventory::v1::ReleaseResponse;
using inventory::v1::ReserveBatchRequest;
using inventory::v1::ReserveBatchResponse;
using inventory::v1::ReserveRequest;
using inventory::v1::ReserveResponse;

ReserveRequest ToReserve(const CallRequest& request) {
  ReserveRequest reserve;
  reserve.set_idempotency_key(request.key);
  SetNotAfter(request.not_after, &reserve);
  reserve.set_order_id(request.order->id.ToString());
  AddLines(*request.order, reserve.mutable_lines());
  return reserve;
}

CallReply FromReserve(const ReserveResponse& response) {
  return FromOutcome(response.outcome(), response.reason(), response.message(), response.reservation_id());
}

}  // namespace

void InventoryParticipant::CallOne(ParticipantCall call) {
  if (call.request.compensation) {
    Release(call.request, std::move(call.done));
  } else {
    Reserve(call.request, std::move(call.done));
  }
}

void InventoryParticipant::Call(std::vector<ParticipantCall> calls) {
  BatchOf<ReserveRequest, ReserveResponse, ReserveBatchRequest, ReserveBatchResponse, InventoryService::Stub>(
      replicas_.Stub<InventoryService>(), &InventoryService::Stub::async::ReserveBatch, ToReserve, FromReserve)
      .Send(calls_, std::move(calls), [this](ParticipantCall call) { CallOne(std::move(call)); });
}

void InventoryParticipant::Reserve(const CallRequest& request, std::function<void(CallReply)> done) {
  calls_.Start<ReserveRequest, ReserveResponse>(
      replicas_.Stub<InventoryService>(), &InventoryService::Stub::async::Reserve, ToReserve(request), request.timeout,
      [done = std::move(done)](const grpc::Status& status, const ReserveResponse& response) {
        done(status.ok() ? FromReserve(response) : UnknownFrom(status));
      },
      MetadataOf(*request.order));
}

void InventoryParticipant::Release(const CallRequest& request, std::function<void(CallReply)> done) {
  ReleaseRequest release;
  release.set_idempotency_key(request.key);
  release.set_reserve_key(request.action_key);
  release.set_order_id(request.order->id.ToString());
  SetNotAfter(request.not_after, &release);
  calls_.Start<ReleaseRequest, ReleaseResponse>(
      replicas_.Stub<InventoryService>(), &InventoryService::Stub::async::Release, std::move(release), request.timeout,
      [done = std::move(done)](const grpc::Status& status, const ReleaseResponse& response) {
        if (status.ok()) {
          done(Undone{.undone = response.stock_returned(), .amount = std::nullopt, .evidence = {}});
        } else {
          done(UnknownFrom(status));
        }
      },
      MetadataOf(*request.order));
}

}  // namespace ordersaga::orchestrator
