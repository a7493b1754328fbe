// Where today's prices come from. Implementation: adapters/rpc (inventory's catalogue).
#pragma once

#include "absl/time/time.h"
#include "orchestrator/core/pricing.h"
#include "platform/base/done.h"

namespace ordersaga::orchestrator {

class PriceSource {
 public:
  virtual ~PriceSource() = default;

  // Returns at once. `done` is called exactly once, on any thread, at the latest when `timeout` has passed. Errors: the
  // source's own, or DATA_LOSS if one of its prices cannot be one: none is to be used then, because an item that is
  // left out would be sold at the default price.
  virtual void ListPrices(absl::Duration timeout, Done<Prices> done) = 0;
};

}  // namespace ordersaga::orchestrator
