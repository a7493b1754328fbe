// Keeps the price list: reads it from the orchestrator's own database at start, then asks inventory now and then and
// stores what has changed. While inventory is away the last good list stays.
#pragma once

#include "orchestrator/adapters/rpc/catalogue_client.h"
#include "orchestrator/api/price_list.h"
#include "platform/pg/session.h"
#include "platform/runtime/timer_thread.h"

namespace ordersaga::orchestrator {

class PriceKeeper final : public Service {
 public:
  PriceKeeper(pg::SessionOptions options, CatalogueClient& catalogue, PriceList& prices, absl::Duration refresh,
              const Clock& clock);
  ~PriceKeeper() override { Stop(); }

  // Errors: the database's; there is nothing to price orders by.
  absl::Status Start() override;
  void Stop() override { timers_.Stop(); }

 private:
  void Ask();
  void Take(const std::vector<ItemPrice>& catalogue);

  pg::Session session_;  // used at Start, then on the timer's thread only
  CatalogueClient& catalogue_;
  PriceList& prices_;
  const absl::Duration refresh_;
  PriceList::Prices known_;  // as session_
  TimerThread timers_;
};

}  // namespace ordersaga::orchestrator
