#include "services/payment/api/payment_service.h"

#include <algorithm>

#include "platform/base/hash.h"
#include "platform/participant/reads.h"
#include "platform/participant/request_checks.h"

namespace ordersaga::payment {
namespace {

using participant::EffectRecord;
using participant::EffectState;

bool IsCurrency(const std::string& text) {
  return text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

BeginCharge ReadCharge(const v1::ChargeRequest& request, std::vector<FieldViolation>& problems) {
  BeginCharge ask{participant::ReadAction(request, problems), {}};
  if (request.amount().amount_minor() < 1) {
    problems.push_back({"amount.amount_minor", "must be at least 1"});
  }
  if (!IsCurrency(request.amount().currency())) {
    problems.push_back({"amount.currency", "must be an ISO 4217 code such as USD"});
  }
  if (!IsEmailAddress(request.user_email())) {
    problems.push_back({"user_email", "must be an e-mail address"});
  }
  ask.order = {ask.request.key, {request.amount().amount_minor(), request.amount().currency()}, request.user_email()};
  ask.request.fingerprint = Fingerprint(ask.request.order_id + '\n' + EncodeOrder(ask.order));
  return ask;
}

v1::ChargeState ToProto(EffectState state) {
  switch (state) {
    case EffectState::kInProgress:
      return v1::CHARGE_STATE_IN_PROGRESS;
    case EffectState::kApplied:
      return v1::CHARGE_STATE_APPLIED;
    case EffectState::kRejected:
      return v1::CHARGE_STATE_REJECTED;
    case EffectState::kVoided:
      return v1::CHARGE_STATE_VOIDED;
    case EffectState::kReversing:
      return v1::CHARGE_STATE_REVERSING;
    case EffectState::kReversed:
      return v1::CHARGE_STATE_REVERSED;
  }
  return v1::CHARGE_STATE_UNSPECIFIED;
}

void ToProto(const Money& money, common::v1::Money* out) {
  out->set_amount_minor(money.minor);
  out->set_currency(money.currency);
}

void ToProto(const EffectRecord& record, v1::Charge* charge) {
  const ChargeOrder order = DecodeOrder(record);
  charge->set_id(record.answer);
  charge->set_idempotency_key(record.action_key);
  charge->set_order_id(record.order_id);
  ToProto(order.amount, charge->mutable_amount());
  charge->set_state(ToProto(record.state));
  const bool reversed = record.state == EffectState::kReversed;
  ToProto({reversed ? order.amount.minor : 0, order.amount.currency}, charge->mutable_refunded());
  charge->set_reason(record.reason);
  *charge->mutable_created_at() = rpc::ToProto(record.created_at);
  *charge->mutable_updated_at() = rpc::ToProto(record.updated_at);
}

}  // namespace

grpc::ServerUnaryReactor* PaymentServiceImpl::Charge(grpc::CallbackServerContext* context,
                                                     const v1::ChargeRequest* request, v1::ChargeResponse* response) {
  std::vector<FieldViolation> problems;
  BeginCharge ask = ReadCharge(*request, problems);
  if (!problems.empty()) return rpc::Answer(context, BadRequest(std::move(problems)));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  charges_.Charge(std::move(ask), rpc::DeadlineOf(*context), [reactor, response](const Outcome& outcome) {
    response->set_outcome(outcome.applied ? common::v1::OUTCOME_APPLIED : common::v1::OUTCOME_REJECTED);
    response->set_reason(outcome.reason);
    response->set_message(outcome.message);
    response->set_charge_id(outcome.id);
    rpc::Finish(reactor, outcome.status);
  });
  return reactor;
}

grpc::ServerUnaryReactor* PaymentServiceImpl::GetCharge(grpc::CallbackServerContext* context,
                                                        const v1::GetChargeRequest* request,
                                                        v1::GetChargeResponse* response) {
  return participant::Read(context, reads_, [=, this](pg::Tx& tx) {
    const auto record = effects_.Get(tx, request->idempotency_key());
    if (!record.has_value()) {
      return MakeError(absl::StatusCode::kNotFound, "NOT_FOUND", "no charge has this idempotency_key");
    }
    ToProto(*record, response->mutable_charge());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* PaymentServiceImpl::ListCharges(grpc::CallbackServerContext* context,
                                                          const v1::ListChargesRequest* request,
                                                          v1::ListChargesResponse* response) {
  return participant::Read(context, reads_, [=, this](pg::Tx& tx) {
    for (const EffectRecord& record : effects_.OfOrder(tx, request->order_id())) {
      ToProto(record, response->add_charges());
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* RefundServiceImpl::Refund(grpc::CallbackServerContext* context,
                                                    const v1::RefundRequest* request, v1::RefundResponse* response) {
  std::vector<FieldViolation> problems;
  BeginRefund ask{participant::ReadCompensation(*request, "charge_key", request->charge_key(), problems)};
  if (!problems.empty()) return rpc::Answer(context, BadRequest(std::move(problems)));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  charges_.Refund(std::move(ask), rpc::DeadlineOf(*context), [reactor, response](const Outcome& outcome) {
    response->set_money_moved(outcome.money_moved);
    if (outcome.money_moved) ToProto(outcome.refunded, response->mutable_refunded());
    response->set_refund_id(outcome.id);
    rpc::Finish(reactor, outcome.status);
  });
  return reactor;
}

}  // namespace ordersaga::payment
