#include "services/payment/api/convert.h"

#include <fmt/format.h>

#include <algorithm>

#include "platform/base/hash.h"
#include "platform/participant/probe.h"

namespace ordersaga::payment {
namespace {

using participant::EffectState;

bool IsCurrency(const std::string& text) {
  return text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

Money ReadAmount(const common::v1::Money& amount, std::vector<FieldViolation>& problems) {
  if (amount.amount_minor() < 1) problems.push_back({"amount.amount_minor", "must be at least 1"});
  if (!IsCurrency(amount.currency())) {
    problems.push_back({"amount.currency", "must be an ISO 4217 code such as USD"});
  }
  return {amount.amount_minor(), amount.currency()};
}

v1::ChargeState StateOf(EffectState state) {
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

void SetEffect(const participant::EffectRecord& record, v1::Charge* charge) {
  charge->set_idempotency_key(record.action_key);
  charge->set_order_id(record.order_id);
  charge->set_state(StateOf(record.state));
}

}  // namespace

BeginCharge ReadCharge(const v1::ChargeRequest& request, std::vector<FieldViolation>& problems) {
  BeginCharge ask{participant::ReadAction(request, problems), {}};
  const Money amount = ReadAmount(request.amount(), problems);
  if (!IsEmailAddress(request.user_email())) {
    problems.push_back({"user_email", "must be an e-mail address"});
  }
  ask.order = {ask.request.key, amount, request.user_email()};
  ask.request.fingerprint = Fingerprint(ask.request.order_id + '\n' + EncodeOrder(ask.order));
  return ask;
}

BeginPart ReadPart(const v1::RefundAmountRequest& request, std::vector<FieldViolation>& problems) {
  participant::CheckKey("idempotency_key", request.idempotency_key(), problems);
  participant::CheckKey("charge_key", request.charge_key(), problems);
  participant::CheckKey("order_id", request.order_id(), problems);
  PartialRefund refund;
  refund.key = request.idempotency_key();
  refund.charge_key = request.charge_key();
  refund.order_id = request.order_id();
  refund.amount = ReadAmount(request.amount(), problems);
  refund.note = CleanText(request.reason());
  refund.fingerprint = Fingerprint(
      fmt::format("{}\n{}\n{}\n{}", refund.charge_key, refund.order_id, refund.amount.minor, refund.amount.currency));
  return {std::move(refund)};
}

void ToProto(const Money& money, common::v1::Money* out) {
  out->set_amount_minor(money.minor);
  out->set_currency(money.currency);
}

void ToProto(const ChargeRow& row, v1::Charge* charge) {
  const ChargeOrder order = DecodeOrder(row);
  charge->set_id(row.answer);
  SetEffect(row, charge);
  ToProto(order.amount, charge->mutable_amount());
  ToProto({row.balance.refunded, order.amount.currency}, charge->mutable_refunded());
  ToProto({row.balance.charged, order.amount.currency}, charge->mutable_charged());
  charge->set_reason(row.reason);
  charge->set_compensation_key(row.compensation_key);
  *charge->mutable_created_at() = rpc::ToProto(row.created_at);
  *charge->mutable_updated_at() = rpc::ToProto(row.updated_at);
}

void ToProto(const AuditedCharge& row, v1::Charge* charge) {
  SetEffect(row, charge);
  try {
    const ChargeOrder order = DecodeOrder(row);
    ToProto(order.amount, charge->mutable_amount());
    charge->set_user_email(order.user_email);
  } catch (const std::exception&) {
    charge->set_unreadable("the stored request");
  }
  ToProto({row.charged, row.currency}, charge->mutable_charged());
  ToProto({row.refunded, row.currency}, charge->mutable_refunded());
  charge->set_refunded_in_parts_minor(row.in_parts);
  charge->set_refunded_count_minor(row.counted);
}

void ToProto(const Stray& stray, v1::Stray* out) {
  out->set_charge_key(stray.charge_key);
  out->set_refund_key(stray.refund_key);
  ToProto(stray.amount, out->mutable_amount());
  out->set_what(stray.what);
}

void ToProto(const PartialRefund& refund, v1::Refund* out) {
  out->set_id(refund.answer);
  out->set_idempotency_key(refund.key);
  out->set_charge_key(refund.charge_key);
  out->set_order_id(refund.order_id);
  ToProto(refund.amount, out->mutable_amount());
  out->set_state(participant::ToProto(refund.state));
  out->set_reason(refund.reason);
  out->set_note(refund.note);
  *out->mutable_created_at() = rpc::ToProto(refund.created_at);
  *out->mutable_updated_at() = rpc::ToProto(refund.updated_at);
}

void ToProto(const PartialRefund& refund, common::v1::Effect* effect) {
  effect->set_idempotency_key(refund.key);
  effect->set_order_id(refund.order_id);
  effect->set_state(participant::ToProto(refund.state));
  effect->set_reason(refund.reason);
  effect->set_message(refund.message);
  effect->set_answer(refund.answer);
  *effect->mutable_created_at() = rpc::ToProto(refund.created_at);
  *effect->mutable_updated_at() = rpc::ToProto(refund.updated_at);
}

}  // namespace ordersaga::payment
