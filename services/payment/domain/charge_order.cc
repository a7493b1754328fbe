#include "services/payment/domain/charge_order.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace ordersaga::payment {

using participant::EffectRecord;
using participant::EffectState;

namespace {

Money MoneyOf(const boost::json::object& object) {
  return {object.at("amount_minor").to_number<std::int64_t>(), std::string(object.at("currency").as_string())};
}

}  // namespace

std::string EncodeOrder(const ChargeOrder& order) {
  return boost::json::serialize(boost::json::object{
      {"amount_minor", order.amount.minor}, {"currency", order.amount.currency}, {"user_email", order.user_email}});
}

ChargeOrder DecodeOrder(const EffectRecord& record) {
  if (record.request.empty()) return {record.action_key, {}, ""};
  const boost::json::object object = boost::json::parse(record.request).as_object();
  return {record.action_key, MoneyOf(object), std::string(object.at("user_email").as_string())};
}

std::string EncodePart(const PartialRefund& part) {
  return boost::json::serialize(boost::json::object{
      {"amount_minor", part.amount.minor}, {"currency", part.amount.currency}, {"note", part.note}});
}

PartialRefund DecodePart(const EffectRecord& record) {
  const boost::json::object object = boost::json::parse(record.request).as_object();
  return {MoneyOf(object), std::string(object.at("note").as_string())};
}

std::optional<participant::ActionAnswer> RefusePart(const EffectRecord& part, const EffectRecord& charge) {
  using participant::Rejected;
  if (charge.state == EffectState::kReversing || charge.state == EffectState::kReversed ||
      charge.state == EffectState::kSettled) {
    return Rejected("CHARGE_REVERSED", "the charge has been given back as a whole");
  }
  if (charge.state != EffectState::kApplied) return Rejected("NOTHING_CHARGED", "nothing was charged");
  const std::string currency = DecodeOrder(charge).amount.currency;
  if (DecodePart(part).amount.currency != currency) {
    return Rejected("CURRENCY_MISMATCH", fmt::format("the charge was in {}", currency));
  }
  const std::int64_t left = charge.amount - charge.given_back;
  if (part.amount <= left) return std::nullopt;
  return Rejected("MORE_THAN_CHARGED",
                  fmt::format("{} {} of the charge are left", FormatMajor({left, currency}), currency));
}

}  // namespace ordersaga::payment
