// Giving part of a charge back. Pure.
//
// An action of its own, with a key of its own, on a charge that was applied and has not been compensated. It reserves
// its amount when it begins: charged - refunded - under way never goes below zero. One at a time per charge, so that a
// compensation, which waits for it, knows what is left.
#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "platform/base/money.h"
#include "platform/participant/rules.h"

namespace ordersaga::payment {

struct PartialRefund {
  std::string key;
  std::string charge_key;
  std::string order_id;
  std::string fingerprint;
  Money amount;
  std::string note;
  participant::EffectState state = participant::EffectState::kInProgress;  // or kApplied, kRejected
  std::string reason;                                                      // stable code, if rejected
  std::string message;
  std::string answer;  // the provider's id of it
  absl::Time created_at;
  absl::Time updated_at;
};

// What the ledger says of a charge, in minor units.
struct Balance {
  std::int64_t charged = 0;
  std::int64_t refunded = 0;

  std::int64_t left() const { return charged - refunded; }
};

enum class PartVerdict {
  kRefund,         // store it in progress, then ask the provider
  kAnswerStored,   // applied or rejected: the answer that was given then
  kAskAgain,       // in progress: join it, or ask the provider again
  kWait,           // the charge, or another refund of it, is under way: ask the caller to come back
  kReject,         // a business no: store it
  kKeyReused,      // refuse, store nothing
  kUnknownCharge,  // refuse, store nothing
};
struct PartDecision {
  PartVerdict verdict = PartVerdict::kWait;
  std::string reason;  // of kReject: MORE_THAN_CHARGED, NOTHING_CHARGED, CHARGE_REVERSED, CURRENCY_MISMATCH
  std::string message;
};

// `charge`: what is stored under the charge's key, in which currency; `same_key`: what is stored under the refund's own
// key; `under_way`: the charge's refund in progress. Null: nothing.
PartDecision JudgePart(const participant::EffectRecord* charge, const std::string& currency, const Balance& balance,
                       const PartialRefund* same_key, const PartialRefund* under_way, const PartialRefund& request);

// Of a refund in progress: what to store when the provider has spoken; nullopt if there is nothing new.
std::optional<PartialRefund> FinishPart(const PartialRefund& stored, const participant::ProviderReply& reply,
                                        absl::Time now);

}  // namespace ordersaga::payment
