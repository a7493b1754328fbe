// Every half minute the source is asked. Its answer comes on a thread of the source's; it is laid down, and wakes the
// periodic thread, which alone reads and writes the database.
#include "orchestrator/prices/price_keeper.h"

#include <utility>

#include "orchestrator/adapters/pg/database.h"
#include "platform/base/error.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

constexpr absl::Duration kRefresh = absl::Seconds(30);
constexpr absl::Duration kPatience = absl::Seconds(5);  // with the source

}  // namespace

PriceKeeper::PriceKeeper(pg::SessionOptions options, PriceSource& source, PriceList& prices)
    : options_(options),
      source_(source),
      prices_(prices),
      periodic_(std::move(options), [this](pg::PqxxSession& session) { return Work(session); }) {}

absl::Status PriceKeeper::Start() {
  pg::PqxxSession session(options_);
  absl::StatusOr<Prices> stored = LoadPrices(session);
  if (!stored.ok()) return stored.status();
  known_ = *stored;
  prices_.Replace(*std::move(stored));
  return periodic_.Start();
}

absl::Duration PriceKeeper::Work(pg::PqxxSession& session) {
  std::optional<Prices> answer;
  {
    absl::MutexLock lock(&mu_);
    answer = std::exchange(answer_, std::nullopt);
  }
  if (answer.has_value()) {
    Adopt(session, *answer);
    return kRefresh;
  }
  source_.ListPrices(kPatience, [this](absl::StatusOr<Prices> asked) {
    if (!asked.ok()) return;
    absl::MutexLock lock(&mu_);
    answer_ = *std::move(asked);
    periodic_.Wake();
  });
  return kRefresh;
}

void PriceKeeper::Adopt(pg::PqxxSession& session, const Prices& answer) {
  Prices prices = known_;
  for (const auto& [item_id, price] : answer) prices[item_id] = price;
  if (prices == known_) return;
  if (const absl::Status status = SavePrices(session, prices); !status.ok()) {
    LogWarn("prices could not be stored; keeping the old ones", {{"error", MessageOf(status)}});
    return;
  }
  LogInfo("price list changed", {{"items", std::to_string(prices.size())}});
  known_ = prices;
  prices_.Replace(std::move(prices));
}

}  // namespace ordersaga::orchestrator
