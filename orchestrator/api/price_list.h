// What each item costs, as this replica knows it. The order stores the price it was accepted at, so a later change
// touches only later orders.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "platform/base/money.h"

namespace ordersaga::orchestrator {

// Thread-safe.
class PriceList {
 public:
  using Prices = std::map<std::string, Money>;

  // 50.00 USD for items nobody has a price for: the saga, not the price list, refuses unknown products.
  static Money DefaultPrice() { return {5000, "USD"}; }

  Money PriceOf(const std::string& item_id) const {
    const std::shared_ptr<const Prices> prices = Snapshot();
    const auto found = prices->find(item_id);
    return found == prices->end() ? DefaultPrice() : found->second;
  }

  void Replace(Prices prices) {
    auto next = std::make_shared<const Prices>(std::move(prices));
    absl::MutexLock lock(&mu_);
    prices_ = std::move(next);
    loaded_ = true;
  }

  // Until the list has been read once, no order may be priced.
  bool loaded() const {
    absl::MutexLock lock(&mu_);
    return loaded_;
  }

 private:
  std::shared_ptr<const Prices> Snapshot() const {
    absl::MutexLock lock(&mu_);
    return prices_;
  }

  mutable absl::Mutex mu_;
  std::shared_ptr<const Prices> prices_ ABSL_GUARDED_BY(mu_) = std::make_shared<const Prices>();
  bool loaded_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace ordersaga::orchestrator
