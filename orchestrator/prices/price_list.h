// What each item costs, as this replica knows it. The order stores the price it was accepted at, so a later change
// touches only later orders.
#pragma once

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/core/pricing.h"

namespace ordersaga::orchestrator {

// Thread-safe.
class PriceList {
 public:
  // nullptr until the list has been read once: no order may be priced.
  std::shared_ptr<const Prices> Get() const {
    absl::MutexLock lock(&mu_);
    return prices_;
  }

  void Replace(Prices prices) {
    auto next = std::make_shared<const Prices>(std::move(prices));
    absl::MutexLock lock(&mu_);
    prices_ = std::move(next);
  }

 private:
  mutable absl::Mutex mu_;
  std::shared_ptr<const Prices> prices_ ABSL_GUARDED_BY(mu_);
};

}  // namespace ordersaga::orchestrator
