// Keeps the price list: reads it from the orchestrator's own database at start, then asks the source now and then and
// stores what has changed. While the source is away the last good list stays.
#pragma once

#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/ports/price_source.h"
#include "orchestrator/prices/price_list.h"
#include "platform/pg/periodic.h"

namespace ordersaga::orchestrator {

class PriceKeeper final : public Service {
 public:
  // `source` must not answer any more when this is destroyed.
  PriceKeeper(pg::SessionOptions options, PriceSource& source, PriceList& prices);
  ~PriceKeeper() override { Stop(); }

  // Errors: the database's; there is nothing to price orders by.
  absl::Status Start() override;
  void Stop() override { periodic_.Stop(); }

 private:
  absl::Duration Work(pg::PqxxSession& session);
  void Adopt(pg::PqxxSession& session, const Prices& answer);

  const pg::SessionOptions options_;
  PriceSource& source_;
  PriceList& prices_;
  Prices known_;  // as stored; set by Start, then for the periodic thread only
  absl::Mutex mu_;
  std::optional<Prices> answer_ ABSL_GUARDED_BY(mu_);  // of the source, until it has been adopted
  pg::Periodic periodic_;                              // last: it uses the others
};

}  // namespace ordersaga::orchestrator
