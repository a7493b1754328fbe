#include "tests/loyalty/loyalty_participant.h"

#include <utility>

#include "loyalty.grpc.pb.h"
#include "orchestrator/adapters/rpc/reply.h"

namespace ordersaga::loyalty {

using orchestrator::CallReply;
using orchestrator::CallRequest;
using orchestrator::MetadataOf;
using orchestrator::ParticipantCall;
using orchestrator::SetNotAfter;
using orchestrator::Undone;
using orchestrator::UnknownFrom;
using v1::LoyaltyService;

namespace {

// A point for every whole unit of the order's total.
v1::GrantRequest ToGrant(const CallRequest& request) {
  v1::GrantRequest grant;
  grant.set_idempotency_key(request.key);
  SetNotAfter(request.not_after, &grant);
  grant.set_order_id(request.order->id.ToString());
  grant.set_customer(request.order->user_email);
  grant.set_points(request.order->total.minor / 100);
  return grant;
}

v1::ReturnRequest ToReturn(const CallRequest& request) {
  v1::ReturnRequest points;
  points.set_idempotency_key(request.key);
  points.set_grant_key(request.action_key);
  points.set_order_id(request.order->id.ToString());
  SetNotAfter(request.not_after, &points);
  return points;
}

CallReply FromGrant(const v1::GrantResponse& response) {
  return orchestrator::FromOutcome(response.outcome(), response.reason(), response.message(), response.grant_id());
}

CallReply FromReturn(const v1::ReturnResponse& response) {
  return Undone{.undone = response.points_returned(), .amount = std::nullopt, .evidence = {}};
}

}  // namespace

void LoyaltyParticipant::Call(std::vector<ParticipantCall> calls) {
  for (ParticipantCall& call : calls) {
    if (call.request.compensation) {
      Return(std::move(call));
    } else {
      Grant(std::move(call));
    }
  }
}

void LoyaltyParticipant::Grant(ParticipantCall call) {
  calls_.Start<v1::GrantRequest, v1::GrantResponse>(
      replicas_.Stub<LoyaltyService>(), &LoyaltyService::Stub::async::Grant, ToGrant(call.request),
      call.request.timeout,
      [done = std::move(call.done)](const grpc::Status& status, const v1::GrantResponse& response) {
        done(status.ok() ? FromGrant(response) : UnknownFrom(status));
      },
      MetadataOf(*call.request.order));
}

void LoyaltyParticipant::Return(ParticipantCall call) {
  calls_.Start<v1::ReturnRequest, v1::ReturnResponse>(
      replicas_.Stub<LoyaltyService>(), &LoyaltyService::Stub::async::Return, ToReturn(call.request),
      call.request.timeout,
      [done = std::move(call.done)](const grpc::Status& status, const v1::ReturnResponse& response) {
        done(status.ok() ? FromReturn(response) : UnknownFrom(status));
      },
      MetadataOf(*call.request.order));
}

}  // namespace ordersaga::loyalty
