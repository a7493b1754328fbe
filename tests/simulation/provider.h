// The outside world of the simulated services: who takes and gives back money, and who carries letters. They keep their
// word per key, do what they are asked even if it is nonsense, and lose answers.
#pragma once

#include <map>
#include <set>
#include <string>

#include "platform/participant/core/turn.h"
#include "tests/simulation/world.h"

namespace ordersaga::sim {

class PaymentProvider {
 public:
  explicit PaymentProvider(World& world) : world_(world) {}

  double silent = 0.0;        // of calls: done, or lost on the way, and no answer
  double refund_fails = 0.0;  // of refunds
  double declines = 0.15;

  struct Account {
    std::int64_t charged = 0;
    std::int64_t refunded = 0;
    bool decided = false;
    bool declined = false;
    bool barred = false;
  };

  // Never twice for a key; after an answered refund the key cannot be charged.
  participant::ProviderReply Answer(const participant::Ask& ask);
  const std::map<std::string, Account>& accounts() const { return accounts_; }  // by charge key

 private:
  participant::ProviderReply Charge(const participant::EffectRecord& charge);
  participant::ProviderReply Refund(const participant::EffectRecord& charge);
  participant::ProviderReply RefundPart(const participant::EffectRecord& part);

  World& world_;
  std::map<std::string, Account> accounts_;
  std::set<std::string> parts_;  // given back, by their own keys
};

}  // namespace ordersaga::sim
