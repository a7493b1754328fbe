#include "services/payment/domain/simulator.h"

#include "platform/base/hash.h"
#include "platform/base/uuid.h"

namespace ordersaga::payment {
namespace {

using Kind = TestCard::Kind;

using Reply = Provider::Reply;

Reply Made(const char* prefix, const std::string& name) {
  return {Reply::Kind::kDone, prefix + Uuid::FromName(name).ToString(), "", ""};
}
Reply Charged(const ChargeOrder& order) {
  return Made("ch_", order.key + "/charge");
}
Reply Declined(std::string reason, std::string message) {
  return {Reply::Kind::kRefused, "", std::move(reason), std::move(message)};
}
Reply Unknown(std::string message) {
  return {Reply::Kind::kUnknown, "", "", std::move(message)};
}

constexpr char kSilent[] = "the provider did not answer in time";

bool Counts(const std::optional<TestCard>& card) {
  return card.has_value() && (card->kind == Kind::kTimeoutThenSuccess || card->kind == Kind::kTransient);
}

}  // namespace

int Simulator::CountCall(const std::string& key) {
  absl::MutexLock lock(&mu_);
  return ++calls_[key];
}

Reply Simulator::Decide(const ChargeOrder& order, int call) const {
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

void Simulator::Charge(const ChargeOrder& order, Done done) {
  const std::optional<TestCard> card = ParseTestCard(order.user_email);
  const int call = Counts(card) ? CountCall(order.key + "/charge") : 1;
  Reply reply = Decide(order, call);
  absl::Duration wait = options_.latency;
  if (card.has_value() && card->kind == Kind::kFast) wait = absl::ZeroDuration();
  if (reply.message == kSilent) wait = options_.timeout;
  timers_.After(wait, [done = std::move(done), reply = std::move(reply)] { done(reply); });
}

bool Simulator::RefundFails(const ChargeOrder& order, const std::string& counted_as) {
  const std::optional<TestCard> card = ParseTestCard(order.user_email);
  if (!card.has_value()) return false;
  if (card->kind == Kind::kRefundFailsForever) return true;
  return card->kind == Kind::kRefundFails && CountCall(counted_as) <= card->count;
}

void Simulator::Refund(const ChargeOrder& order, Done done) {
  Reply reply = Made("rf_", order.key + "/refund");
  // What the key charges if it is asked often enough is what it has charged.
  const int any_call = 1'000'000;
  if (RefundFails(order, order.key + "/refund")) {
    reply = Unknown("the provider could not refund");
  } else if (Decide(order, any_call).kind != Reply::Kind::kDone) {
    reply = {Reply::Kind::kRefused, "", "", ""};
  }
  timers_.After(absl::ZeroDuration(), [done = std::move(done), reply = std::move(reply)] { done(reply); });
}

void Simulator::RefundAmount(const ChargeOrder& order, const std::string& refund_key, const Money& /*amount*/,
                             Done done) {
  Reply reply =
      RefundFails(order, refund_key) ? Unknown("the provider could not refund") : Made("rf_", refund_key + "/refund");
  timers_.After(absl::ZeroDuration(), [done = std::move(done), reply = std::move(reply)] { done(reply); });
}

}  // namespace ordersaga::payment
