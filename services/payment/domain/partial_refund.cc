#include "services/payment/domain/partial_refund.h"

#include <fmt/format.h>

#include "platform/base/text.h"

namespace ordersaga::payment {
namespace {

using participant::EffectState;

PartDecision Rejection(const char* reason, std::string message) {
  return {PartVerdict::kReject, reason, std::move(message)};
}

// Of a charge that is settled.
PartDecision JudgeMoney(const participant::EffectRecord& charge, const std::string& currency, const Balance& balance,
                        const PartialRefund& request) {
  if (charge.state == EffectState::kReversing || charge.state == EffectState::kReversed) {
    return Rejection("CHARGE_REVERSED", "the charge has been given back as a whole");
  }
  if (charge.state != EffectState::kApplied) return Rejection("NOTHING_CHARGED", "nothing was charged");
  if (request.amount.currency != currency) {
    return Rejection("CURRENCY_MISMATCH", fmt::format("the charge was in {}", currency));
  }
  if (request.amount.minor > balance.left()) {
    return Rejection("MORE_THAN_CHARGED",
                     fmt::format("{} {} of the charge are left", FormatMajor({balance.left(), currency}), currency));
  }
  return {PartVerdict::kRefund, "", ""};
}

}  // namespace

PartDecision JudgePart(const participant::EffectRecord* charge, const std::string& currency, const Balance& balance,
                       const PartialRefund* same_key, const PartialRefund* under_way, const PartialRefund& request) {
  if (same_key != nullptr) {
    if (same_key->fingerprint != request.fingerprint) return {PartVerdict::kKeyReused, "", ""};
    const bool running = same_key->state == EffectState::kInProgress;
    return {running ? PartVerdict::kAskAgain : PartVerdict::kAnswerStored, "", ""};
  }
  if (charge == nullptr) return {PartVerdict::kUnknownCharge, "", ""};
  if (charge->order_id != request.order_id) return {PartVerdict::kKeyReused, "", ""};
  if (charge->state == EffectState::kInProgress || under_way != nullptr) return {PartVerdict::kWait, "", ""};
  return JudgeMoney(*charge, currency, balance, request);
}

std::optional<PartialRefund> FinishPart(const PartialRefund& stored, const participant::ProviderReply& reply,
                                        absl::Time now) {
  using Kind = participant::ProviderReply::Kind;
  if (stored.state != EffectState::kInProgress || reply.kind == Kind::kUnknown) return std::nullopt;
  PartialRefund refund = stored;
  refund.updated_at = now;
  refund.message = CleanText(reply.message);
  if (reply.kind == Kind::kDone) {
    refund.state = EffectState::kApplied;
    refund.answer = CleanText(reply.answer);
  } else {
    refund.state = EffectState::kRejected;
    refund.reason = reply.reason.empty() ? participant::kRefusedWithoutReason : CleanText(reply.reason);
  }
  return refund;
}

}  // namespace ordersaga::payment
