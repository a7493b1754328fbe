// The payment provider as the service sees it. Asynchronous: `done` is called exactly once, on any thread, at the
// latest after the provider's own time limit. A provider keeps its word per key: the same key never charges or refunds
// twice, a refusal is final, and once a refund of a whole charge has answered, its key can no longer be charged.
#pragma once

#include <functional>
#include <string>

#include "services/payment/domain/charge_order.h"

namespace ordersaga::payment {

class Provider {
 public:
  using Reply = participant::ProviderReply;
  using Done = std::function<void(Reply)>;

  virtual ~Provider() = default;
  virtual void Charge(const ChargeOrder& order, Done done) = 0;
  // Gives back whatever is left of what the key charged; kDone also if that is nothing any more. kRefused: nothing was
  // charged, and the key is barred.
  virtual void Refund(const ChargeOrder& order, Done done) = 0;
  // Gives back `amount` of it, once per refund_key.
  virtual void RefundAmount(const ChargeOrder& order, const std::string& refund_key, const Money& amount,
                            Done done) = 0;
};

}  // namespace ordersaga::payment
