// Reservations over the product table: what inventory adds to the participant's rules. The products of a turn are
// locked in one order, read once and written once, however many orders it serves.
#pragma once

#include <string>
#include <vector>

#include "platform/participant/effects.h"
#include "services/inventory/domain/stock.h"

namespace ordersaga::inventory {

class StockEffects final : public participant::LocalEffects {
 public:
  void Open(pg::Tx& tx, const std::vector<const participant::EffectRecord*>& records) override;
  participant::ActionAnswer Apply(pg::Tx& tx, const participant::EffectRecord& record) override;
  void Undo(pg::Tx& tx, const participant::EffectRecord& record) override;
  absl::Status Close(pg::Tx& tx) override;

 private:
  Stock stock_{{}};  // of the turn that is open
};

}  // namespace ordersaga::inventory
