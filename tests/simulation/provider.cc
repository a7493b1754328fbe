#include "tests/simulation/provider.h"

namespace ordersaga::sim {

using participant::Ask;
using participant::EffectRecord;
using participant::ProviderReply;

ProviderReply PaymentProvider::Answer(const Ask& ask) {
  if (ask.what == Ask::What::kDo && !ask.record.lock_key.has_value()) return Charge(ask.record);
  if (world_.Chance(refund_fails)) {
    world_.Hit(Fault::kRefundFails);
    return {};
  }
  return ask.what == Ask::What::kUndo ? Refund(ask.record) : RefundPart(ask.record);
}

ProviderReply PaymentProvider::Charge(const EffectRecord& charge) {
  Account& account = accounts_[charge.action_key];
  const bool no_answer = world_.Chance(silent);
  if (no_answer) world_.Hit(Fault::kProviderSilent);
  if (no_answer && world_.Chance(0.5)) return {};  // lost on the way there
  if (!account.decided) {
    account.decided = true;
    account.declined = world_.Chance(declines);
  }
  if (account.barred || account.declined) {
    return {ProviderReply::Kind::kRefused, "", account.barred ? "BARRED" : "CARD_DECLINED", "declined"};
  }
  if (account.charged == 0) world_.Tell("provider: charged {}", charge.action_key);
  account.charged = charge.amount;
  if (no_answer) return {};
  return {ProviderReply::Kind::kDone, "ch_" + charge.action_key};
}

ProviderReply PaymentProvider::Refund(const EffectRecord& charge) {
  Account& account = accounts_[charge.action_key];
  account.barred = true;
  if (account.charged == 0) return {ProviderReply::Kind::kRefused, "", "NOTHING_CHARGED", ""};
  if (account.refunded < account.charged) {
    account.refunded = account.charged;
    world_.Tell("provider: refunded {}", charge.action_key);
  }
  return {ProviderReply::Kind::kDone, "rf_" + charge.action_key};
}

ProviderReply PaymentProvider::RefundPart(const EffectRecord& part) {
  if (parts_.insert(part.action_key).second) {
    Account& account = accounts_[*part.lock_key];
    account.refunded += part.amount;
    world_.Tell("provider: refunded {} of {}", part.amount, *part.lock_key);
    if (account.refunded > account.charged) {
      world_.Violate(
          fmt::format("{}: {} was charged and {} given back", *part.lock_key, account.charged, account.refunded));
    }
  }
  if (world_.Chance(silent)) {
    world_.Hit(Fault::kProviderSilent);
    return {};
  }
  return {ProviderReply::Kind::kDone, "rf_" + part.action_key};
}

}  // namespace ordersaga::sim
