#include "orchestrator/adapters/rpc/payment_participant.h"

#include <utility>

#include "orchestrator/adapters/rpc/batch.h"
#include "orchestrator/adapters/rpc/reply.h"
#include "platform/base/text.h"
#include "platform/rpc/call_group.h"

namespace ordersaga::orchestrator {
namespace {

using payment::v1::ChargeBatchRequest;
using payment::v1::ChargeBatchResponse;
using payment::v1::ChargeRequest;
using payment::v1::ChargeResponse;
using payment::v1::PaymentService;
using payment::v1::RefundRequest;
using payment::v1::RefundResponse;
using payment::v1::RefundService;

ChargeRequest ToCharge(const CallRequest& request) {
  ChargeRequest charge;
  charge.set_idempotency_key(request.key);
  SetNotAfter(request.not_after, &charge);
  charge.set_order_id(request.order->id.ToString());
  *charge.mutable_amount() = ToProto(request.order->total);
  charge.set_user_email(request.order->user_email);
  return charge;
}

CallReply FromCharge(const ChargeResponse& response) {
  return FromOutcome(response.outcome(), response.reason(), response.message(), response.charge_id());
}

CallReply FromRefund(const RefundResponse& response) {
  if (!response.money_moved()) return Undone{};
  if (!response.has_refunded()) return NoAnswer("refund reply does not say how much was refunded");
  return Undone{.undone = true,
                .amount = FromProto(response.refunded()),
                .evidence = CleanText(response.refund_id()),
                .by_hand = response.settled_by_hand()};
}

}  // namespace

void PaymentParticipant::CallOne(ParticipantCall call) {
  if (call.request.compensation) {
    Refund(call.request, std::move(call.done));
  } else {
    Charge(call.request, std::move(call.done));
  }
}

void PaymentParticipant::Call(std::vector<ParticipantCall> calls) {
  BatchOf<ChargeRequest, ChargeResponse, ChargeBatchRequest, ChargeBatchResponse, PaymentService::Stub>(
      replicas_.Stub<PaymentService>(), &PaymentService::Stub::async::ChargeBatch, ToCharge, FromCharge)
      .Send(calls_, std::move(calls), [this](ParticipantCall call) { CallOne(std::move(call)); });
}

void PaymentParticipant::Charge(const CallRequest& request, std::function<void(CallReply)> done) {
  calls_.Start<ChargeRequest, ChargeResponse>(
      replicas_.Stub<PaymentService>(), &PaymentService::Stub::async::Charge, ToCharge(request), request.timeout,
      [done = std::move(done)](const grpc::Status& status, const ChargeResponse& response) {
        done(status.ok() ? FromCharge(response) : UnknownFrom(status));
      },
      MetadataOf(*request.order));
}

void PaymentParticipant::Refund(const CallRequest& request, std::function<void(CallReply)> done) {
  RefundRequest refund;
  refund.set_idempotency_key(request.key);
  refund.set_charge_key(request.action_key);
  refund.set_order_id(request.order->id.ToString());
  refund.set_reason(request.reason);
  SetNotAfter(request.not_after, &refund);
  if (request.settlement.has_value()) {
    *refund.mutable_settlement()->mutable_amount() = ToProto(request.settlement->amount);
    refund.mutable_settlement()->set_evidence(request.settlement->evidence);
  }
  calls_.Start<RefundRequest, RefundResponse>(
      replicas_.Stub<RefundService>(), &RefundService::Stub::async::Refund, std::move(refund), request.timeout,
      [done = std::move(done)](const grpc::Status& status, const RefundResponse& response) {
        done(status.ok() ? FromRefund(response) : UnknownFrom(status));
      },
      MetadataOf(*request.order));
}

}  // namespace ordersaga::orchestrator
