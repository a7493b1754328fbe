#include "orchestrator/adapters/rpc/notification_participant.h"

#include <utility>

#include "orchestrator/adapters/rpc/batch.h"
#include "orchestrator/adapters/rpc/reply.h"
#include "platform/rpc/call_group.h"

namespace ordersaga::orchestrator {
namespace {

using notification::v1::NotificationService;
using notification::v1::NotifyBatchRequest;
using notification::v1::NotifyBatchResponse;
using notification::v1::NotifyRequest;
using notification::v1::NotifyResponse;

notification::v1::NotificationKind KindOf(NoticeKind notice) {
  switch (notice) {
    case NoticeKind::kCompleted:
      return notification::v1::NOTIFICATION_KIND_COMPLETED;
    case NoticeKind::kPaymentFailed:
      return notification::v1::NOTIFICATION_KIND_PAYMENT_FAILED;
    case NoticeKind::kRefunded:
      return notification::v1::NOTIFICATION_KIND_REFUNDED;
    case NoticeKind::kCancelled:
      return notification::v1::NOTIFICATION_KIND_CANCELLED;
  }
  return notification::v1::NOTIFICATION_KIND_UNSPECIFIED;
}

NotifyRequest ToNotify(const CallRequest& request) {
  NotifyRequest notify;
  notify.set_idempotency_key(request.key);
  SetNotAfter(request.not_after, &notify);
  notify.set_order_id(request.order->id.ToString());
  notify.set_user_email(request.order->user_email);
  notify.set_kind(KindOf(request.notice));
  AddLines(*request.order, notify.mutable_lines());
  *notify.mutable_total() = ToProto(request.order->total);
  if (request.refunded.minor > 0) *notify.mutable_refunded() = ToProto(request.refunded);
  notify.set_reason(request.reason);
  notify.set_message(request.message);
  return notify;
}

CallReply FromNotify(const NotifyResponse& response) {
  return FromOutcome(response.outcome(), response.reason(), /*message=*/"", response.message_id());
}

}  // namespace

void NotificationParticipant::CallOne(ParticipantCall call) {
  if (call.request.compensation) {  // no definition has one (definition.h, Check)
    return call.done(NoAnswer("notification has no compensation"));
  }
  calls_.Start<NotifyRequest, NotifyResponse>(
      replicas_.Stub<NotificationService>(), &NotificationService::Stub::async::Notify, ToNotify(call.request),
      call.request.timeout,
      [done = std::move(call.done)](const grpc::Status& status, const NotifyResponse& response) {
        done(status.ok() ? FromNotify(response) : UnknownFrom(status));
      },
      MetadataOf(*call.request.order));
}

void NotificationParticipant::Call(std::vector<ParticipantCall> calls) {
  BatchOf<NotifyRequest, NotifyResponse, NotifyBatchRequest, NotifyBatchResponse, NotificationService::Stub>(
      replicas_.Stub<NotificationService>(), &NotificationService::Stub::async::NotifyBatch, ToNotify, FromNotify)
      .Send(calls_, std::move(calls), [this](ParticipantCall call) { CallOne(std::move(call)); });
}

}  // namespace ordersaga::orchestrator
