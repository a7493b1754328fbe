#include "services/payment/domain/simulator.h"

#include "platform/base/hash.h"
#include "platform/base/uuid.h"

namespace ordersaga::payment {
namespace {

using Kind = TestCard::Kind;

ChargeResult Charged(const ChargeOrder& order) {
  return {ChargeResult::Kind::kCharged, "ch_" + Uuid::FromName(order.key + "/charge").ToString(), "", ""};
}
ChargeResult Declined(std::string reason, std::string message) {
  return {ChargeResult::Kind::kDeclined, "", std::move(reason), std::move(message)};
}
ChargeResult Unknown(std::string message) {
  return {ChargeResult::Kind::kUnknown, "", "", std::move(message)};
}

constexpr char kSilent[] = "the provider did not answer in time";

bool Counts(const std::optional<TestCard>& card) {
  return card.has_value() && (card->kind == Kind::kTimeoutThenSuccess || card->kind == Kind::kTransient ||
                              card->kind == Kind::kRefundFails);
}

}  // namespace

int Simulator::CountCall(const std::string& key, bool refund) {
  absl::MutexLock lock(&mu_);
  return ++calls_[key + (refund ? "/refund" : "/charge")];
}

ChargeResult Simulator::Decide(const ChargeOrder& order, int call) const {
  const std::optional<TestCard> card = ParseTestCard(order.user_email);
  if (!card.has_value()) {
    // A uniform draw from (seed, key): the same every time the key is asked about.
    const double draw = static_cast<double>(StableHash(Sha256(options_.seed + '\0' + order.key)) >> 11) * 0x1.0p-53;
    return draw < options_.decline_rate ? Declined("CARD_DECLINED", "the card was declined") : Charged(order);
  }
  switch (card->kind) {
    case Kind::kFast:
    case Kind::kApprove:
    case Kind::kRefundFails:
    case Kind::kRefundFailsForever:
      return Charged(order);
    case Kind::kDecline:
      return Declined("CARD_DECLINED", "the card was declined");
    case Kind::kInsufficientFunds:
      return Declined("INSUFFICIENT_FUNDS", "the account has not enough money");
    case Kind::kTimeoutThenSuccess:
      return call == 1 ? Unknown(kSilent) : Charged(order);
    case Kind::kTimeoutThenNothing:
      return Unknown(kSilent);
    case Kind::kTransient:
      return call <= card->count ? Unknown("the provider failed for a moment") : Charged(order);
  }
  return Unknown(kSilent);
}

void Simulator::Charge(const ChargeOrder& order, std::function<void(ChargeResult)> done) {
  const std::optional<TestCard> card = ParseTestCard(order.user_email);
  const int call = Counts(card) ? CountCall(order.key, false) : 1;
  ChargeResult result = Decide(order, call);
  absl::Duration wait = options_.latency;
  if (card.has_value() && card->kind == Kind::kFast) wait = absl::ZeroDuration();
  if (result.message == kSilent) wait = options_.timeout;
  timers_.After(wait, [done = std::move(done), result = std::move(result)] { done(result); });
}

void Simulator::Refund(const ChargeOrder& order, std::function<void(RefundResult)> done) {
  const std::optional<TestCard> card = ParseTestCard(order.user_email);
  RefundResult result{RefundResult::Kind::kRefunded, "rf_" + Uuid::FromName(order.key + "/refund").ToString(), ""};
  const bool fails =
      card.has_value() && (card->kind == Kind::kRefundFailsForever ||
                           (card->kind == Kind::kRefundFails && CountCall(order.key, true) <= card->count));
  // What the key charges if it is asked often enough is what it has charged.
  const int any_call = 1'000'000;
  if (fails) {
    result = {RefundResult::Kind::kFailed, "", "the provider could not refund"};
  } else if (Decide(order, any_call).kind != ChargeResult::Kind::kCharged) {
    result = {RefundResult::Kind::kNothingCharged, "", ""};
  }
  timers_.After(absl::ZeroDuration(), [done = std::move(done), result = std::move(result)] { done(result); });
}

}  // namespace ordersaga::payment
