#include "services/notification/api/notification_service.h"

#include <functional>

#include "platform/participant/grpc/page_stream.h"
#include "platform/participant/grpc/probe.h"
#include "platform/participant/grpc/reads.h"
#include "platform/participant/grpc/request_checks.h"
#include "platform/rpc/batch.h"
#include "services/notification/domain/mail.h"

namespace ordersaga::notification {
namespace {

std::optional<Kind> FromProto(v1::NotificationKind kind) {
  switch (kind) {
    case v1::NOTIFICATION_KIND_COMPLETED:
      return Kind::kCompleted;
    case v1::NOTIFICATION_KIND_PAYMENT_FAILED:
      return Kind::kPaymentFailed;
    case v1::NOTIFICATION_KIND_REFUNDED:
      return Kind::kRefunded;
    case v1::NOTIFICATION_KIND_CANCELLED:
      return Kind::kCancelled;
    default:
      return std::nullopt;
  }
}

v1::NotificationKind ToProto(Kind kind) {
  switch (kind) {
    case Kind::kCompleted:
      return v1::NOTIFICATION_KIND_COMPLETED;
    case Kind::kPaymentFailed:
      return v1::NOTIFICATION_KIND_PAYMENT_FAILED;
    case Kind::kRefunded:
      return v1::NOTIFICATION_KIND_REFUNDED;
    case Kind::kCancelled:
      return v1::NOTIFICATION_KIND_CANCELLED;
  }
  return v1::NOTIFICATION_KIND_UNSPECIFIED;
}

void SetMoney(const Money& money, common::v1::Money* out) {
  out->set_amount_minor(money.minor);
  out->set_currency(money.currency);
}

void ToProto(const participant::AuditedEffect& record, v1::Notice* out) {
  out->set_idempotency_key(record.action_key);
  out->set_order_id(record.order_id);
  out->set_state(participant::ToProto(record.state));
  out->set_under_way_seconds(record.under_way_s);
  if (record.request.empty()) return;  // a tombstone
  try {
    const Notice notice = DecodeNotice(record.action_key, record.order_id, record.request);
    out->set_kind(ToProto(notice.kind));
    out->set_user_email(notice.user_email);
    for (const OrderedItem& item : notice.items) {
      common::v1::Line* line = out->add_lines();
      line->set_item_id(item.item_id);
      line->set_quantity(item.quantity);
    }
    SetMoney(notice.total, out->mutable_total());
    SetMoney(notice.refunded, out->mutable_refunded());
  } catch (const std::exception&) {
    out->set_unreadable("the stored request");
  }
}

participant::ActionRequest Read(const v1::NotifyRequest& request, std::vector<FieldViolation>& problems) {
  participant::ActionRequest action = participant::ReadAction(request, problems);
  participant::CheckLines(request.lines(), problems);
  const std::optional<Kind> kind = FromProto(request.kind());
  if (!kind.has_value()) problems.push_back({"kind", "must be one of the named kinds"});
  if (!IsEmailAddress(request.user_email())) {
    problems.push_back({"user_email", "must be an e-mail address"});
  }
  Notice notice;
  notice.user_email = request.user_email();
  notice.kind = kind.value_or(Kind::kCancelled);
  for (const common::v1::Line& line : request.lines()) {
    notice.items.push_back({line.item_id(), line.quantity()});
  }
  const std::string currency = CleanText(request.total().currency(), 8);
  notice.total = {request.total().amount_minor(), currency};
  notice.refunded = {request.refunded().amount_minor(), currency};
  notice.reason = CleanText(request.reason());
  notice.message = CleanText(request.message());
  participant::SetBody(action, EncodeNotice(notice));
  return action;
}

}  // namespace

void NotificationServiceImpl::Take(const v1::NotifyRequest& request, absl::Time deadline, Notified done) {
  std::vector<FieldViolation> problems;
  participant::ActionRequest action = Read(request, problems);
  if (!problems.empty()) return done(BadRequest(problems), {});
  notices_.Act(std::move(action), deadline, [done = std::move(done)](const participant::Outcome& outcome) {
    v1::NotifyResponse response;
    response.set_outcome(outcome.action.applied ? common::v1::OUTCOME_APPLIED : common::v1::OUTCOME_REJECTED);
    response.set_reason(outcome.action.reason);
    response.set_message_id(outcome.action.answer);
    done(outcome.status, std::move(response));
  });
}

void NotificationServiceImpl::AddTo(rpc::Served<v1::NotificationService>& served) {
  served.Add("Notify", this, &NotificationServiceImpl::Notify);
  served.Add("NotifyBatch", this, &NotificationServiceImpl::NotifyBatch);
  served.Add("GetNotification", this, &NotificationServiceImpl::GetNotification);
  served.Add("GetEffect", this, &NotificationServiceImpl::GetEffect);
  served.Add("ListEffects", this, &NotificationServiceImpl::ListEffects);
}

grpc::ServerUnaryReactor* NotificationServiceImpl::Notify(grpc::CallbackServerContext* context,
                                                          const v1::NotifyRequest* request,
                                                          v1::NotifyResponse* response) {
  return rpc::AnswerOne(context, request, response, std::bind_front(&NotificationServiceImpl::Take, this));
}

grpc::ServerWriteReactor<v1::NotifyBatchResponse>* NotificationServiceImpl::NotifyBatch(
    grpc::CallbackServerContext* context, const v1::NotifyBatchRequest* request) {
  return rpc::AnswerEach<v1::NotifyResponse, v1::NotifyBatchResponse>(
      context, request, std::bind_front(&NotificationServiceImpl::Take, this));
}

grpc::ServerUnaryReactor* NotificationServiceImpl::GetNotification(grpc::CallbackServerContext* context,
                                                                   const v1::GetNotificationRequest* request,
                                                                   v1::GetNotificationResponse* response) {
  return participant::Read(context, reads_, [=, this](pg::PqxxTx& tx) {
    const auto record = effects_.Get(tx, request->idempotency_key());
    if (!record.has_value()) {
      return MakeError(absl::StatusCode::kNotFound, "NOT_FOUND", "no notification has this idempotency_key");
    }
    const Notice notice = DecodeNotice(record->action_key, record->order_id, record->request);
    response->set_idempotency_key(record->action_key);
    response->set_order_id(record->order_id);
    response->set_kind(ToProto(notice.kind));
    response->set_state(participant::ToProto(record->state));
    if (record->settled.has_value()) response->set_message_id(record->settled->answer);
    if (record->state == participant::EffectState::kApplied) {
      *response->mutable_sent_at() = rpc::ToProto(record->updated_at);
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* NotificationServiceImpl::GetEffect(grpc::CallbackServerContext* context,
                                                             const common::v1::GetEffectRequest* request,
                                                             common::v1::GetEffectResponse* response) {
  return participant::Probe(context, reads_, effects_, request, response);
}

grpc::ServerWriteReactor<v1::ListEffectsResponse>* NotificationServiceImpl::ListEffects(
    grpc::CallbackServerContext* /*context*/, const common::v1::ListEffectsRequest* request) {
  return participant::StreamEffects<v1::ListEffectsResponse>(
      reads_, *request,
      [this](pg::PqxxTx& tx, const participant::EffectRange& range, int limit) {
        return effects_.Range(tx, range, limit);
      },
      [](const participant::AuditedEffect& record, v1::ListEffectsResponse& page) {
        v1::Notice* notice = page.add_notices();
        ToProto(record, notice);
        return notice->ByteSizeLong();
      });
}

}  // namespace ordersaga::notification
