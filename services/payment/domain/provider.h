// The payment provider as the service sees it. Asynchronous: `done` is called exactly once, on any thread, at the
// latest after the provider's own time limit. A provider keeps its word per key: the same key never charges twice, and
// once a refund has answered, the key can no longer be charged.
#pragma once

#include <functional>
#include <string>

#include "platform/base/money.h"

namespace ordersaga::payment {

struct ChargeOrder {
  std::string key;
  Money amount;
  std::string user_email;
};

struct ChargeResult {
  enum class Kind {
    kCharged,
    kDeclined,
    kUnknown,  // no answer in time, or a failure on the way: it may have happened; ask again with the same key
  };
  Kind kind = Kind::kUnknown;
  std::string id;      // the provider's, if charged
  std::string reason;  // stable code, if declined
  std::string message;
};

struct RefundResult {
  enum class Kind {
    kRefunded,
    kNothingCharged,  // and the key is barred from now on
    kFailed,          // ask again with the same key
  };
  Kind kind = Kind::kFailed;
  std::string id;
  std::string message;
};

class Provider {
 public:
  virtual ~Provider() = default;
  virtual void Charge(const ChargeOrder& order, std::function<void(ChargeResult)> done) = 0;
  // Gives back whatever the key charged.
  virtual void Refund(const ChargeOrder& order, std::function<void(RefundResult)> done) = 0;
};

}  // namespace ordersaga::payment
