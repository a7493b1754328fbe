#include "services/payment/api/convert.h"

#include <fmt/format.h>

#include <algorithm>

#include "platform/base/hash.h"
#include "platform/participant/grpc/probe.h"

namespace ordersaga::payment {
namespace {

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

void SetEffect(const participant::EffectRecord& record, v1::Charge* charge) {
  charge->set_idempotency_key(record.action_key);
  charge->set_order_id(record.order_id);
  charge->set_state(participant::ToProto(record.state));
}

}  // namespace

participant::ActionRequest ReadCharge(const v1::ChargeRequest& request, std::vector<FieldViolation>& problems) {
  participant::ActionRequest action = participant::ReadAction(request, problems);
  const Money amount = ReadAmount(request.amount(), problems);
  if (!IsEmailAddress(request.user_email())) {
    problems.push_back({"user_email", "must be an e-mail address"});
  }
  action.amount = amount.minor;
  participant::SetBody(action, EncodeOrder({action.key, amount, request.user_email()}));
  return action;
}

participant::Settlement ReadSettlement(const v1::Settlement& settlement, std::vector<FieldViolation>& problems) {
  const Money amount = ReadAmount(settlement.amount(), problems);
  std::string evidence = CleanText(settlement.evidence());
  if (evidence.empty()) problems.push_back({"settlement.evidence", "must say where it can be looked up"});
  return {amount.minor, std::move(evidence)};
}

participant::ActionRequest ReadPart(const v1::RefundAmountRequest& request, std::vector<FieldViolation>& problems) {
  participant::CheckKey("idempotency_key", request.idempotency_key(), problems);
  participant::CheckKey("charge_key", request.charge_key(), problems);
  participant::CheckKey("order_id", request.order_id(), problems);
  const Money amount = ReadAmount(request.amount(), problems);
  participant::ActionRequest action;
  action.key = request.idempotency_key();
  action.order_id = request.order_id();
  action.lock_key = request.charge_key();
  action.amount = amount.minor;
  action.body = EncodePart({amount, CleanText(request.reason())});
  // A repeat may say in other words why.
  action.fingerprint = Fingerprint(
      fmt::format("{}\n{}\n{}\n{}", request.charge_key(), request.order_id(), amount.minor, amount.currency));
  return action;
}

void ToProto(const Money& money, common::v1::Money* out) {
  out->set_amount_minor(money.minor);
  out->set_currency(money.currency);
}

void ToProto(const participant::EffectRecord& record, v1::Charge* charge) {
  const ChargeOrder order = DecodeOrder(record);
  SetEffect(record, charge);
  ToProto(order.amount, charge->mutable_amount());
  ToProto({record.given_back, order.amount.currency}, charge->mutable_refunded());
  if (record.state == participant::EffectState::kSettled) charge->set_reason("SETTLED_BY_HAND");
  ToProto({Happened(record) ? record.amount : 0, order.amount.currency}, charge->mutable_charged());
  if (record.settled.has_value()) {
    charge->set_id(record.settled->answer);
    charge->set_reason(record.settled->reason);
  }
  charge->set_compensation_key(record.compensation_key);
  *charge->mutable_created_at() = rpc::ToProto(record.created_at);
  *charge->mutable_updated_at() = rpc::ToProto(record.updated_at);
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
  if (row.settled != 0) ToProto({row.settled, row.currency}, charge->mutable_settled());
  charge->set_refunded_count_minor(row.given_back);
  charge->set_under_way_seconds(row.under_way_s);
}

void ToProto(const Stray& stray, v1::Stray* out) {
  out->set_charge_key(stray.charge_key);
  out->set_refund_key(stray.refund_key);
  ToProto(stray.amount, out->mutable_amount());
  out->set_what(stray.what);
}

void ToProto(const participant::EffectRecord& record, v1::Refund* refund) {
  const PartialRefund part = DecodePart(record);
  refund->set_idempotency_key(record.action_key);
  refund->set_charge_key(LockOf(record));
  refund->set_order_id(record.order_id);
  ToProto(part.amount, refund->mutable_amount());
  refund->set_state(participant::ToProto(record.state));
  if (record.settled.has_value()) {
    refund->set_id(record.settled->answer);
    refund->set_reason(record.settled->reason);
  }
  refund->set_note(part.note);
  *refund->mutable_created_at() = rpc::ToProto(record.created_at);
  *refund->mutable_updated_at() = rpc::ToProto(record.updated_at);
}

}  // namespace ordersaga::payment
