#include "orchestrator/price_keeper.h"

#include "orchestrator/adapters/pg/database.h"
#include "platform/base/error.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {

PriceKeeper::PriceKeeper(pg::SessionOptions options, CatalogueClient& catalogue, PriceList& prices,
                         absl::Duration refresh, const Clock& clock)
    : session_(std::move(options)), catalogue_(catalogue), prices_(prices), refresh_(refresh), timers_(clock) {}

absl::Status PriceKeeper::Start() {
  absl::StatusOr<std::map<std::string, Money>> stored = LoadPrices(session_);
  if (!stored.ok()) return stored.status();
  known_ = *stored;
  prices_.Replace(*std::move(stored));
  if (absl::Status status = timers_.Start(); !status.ok()) return status;
  timers_.After(absl::ZeroDuration(), [this] { Ask(); });
  return absl::OkStatus();
}

void PriceKeeper::Ask() {
  catalogue_.ListPrices(absl::Seconds(5), [this](absl::StatusOr<std::vector<ItemPrice>> catalogue) {
    // On a gRPC thread; the work belongs to the timer's.
    timers_.After(absl::ZeroDuration(), [this, catalogue = std::move(catalogue)] {
      if (catalogue.ok()) Take(*catalogue);
    });
  });
  timers_.After(refresh_, [this] { Ask(); });
}

void PriceKeeper::Take(const std::vector<ItemPrice>& catalogue) {
  PriceList::Prices prices = known_;
  for (const ItemPrice& item : catalogue) prices[item.item_id] = item.unit_price;
  if (prices == known_) return;
  if (const absl::Status status = SavePrices(session_, prices); !status.ok()) {
    LogWarn("prices could not be stored; keeping the old ones", {{"error", MessageOf(status)}});
    return;
  }
  LogInfo("price list changed", {{"items", std::to_string(prices.size())}});
  known_ = prices;
  prices_.Replace(std::move(prices));
}

}  // namespace ordersaga::orchestrator
