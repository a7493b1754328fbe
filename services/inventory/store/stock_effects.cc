#include "services/inventory/store/stock_effects.h"

#include <set>

#include "inventory_sql.embed.h"
#include "platform/base/error.h"
#include "platform/base/uuid.h"
#include "platform/pg/array.h"

namespace ordersaga::inventory {

using participant::EffectRecord;

void StockEffects::Open(pg::Tx& tx, const std::vector<const EffectRecord*>& records) {
  std::set<std::string> item_ids;
  for (const EffectRecord* record : records) {
    for (const Line& line : DecodeLines(record->request)) item_ids.insert(line.item_id);
  }
  std::map<std::string, std::int64_t> on_hand;
  if (!item_ids.empty()) {
    for (const auto& row : tx.Exec(sql::products::lock, pg::ArrayOf(item_ids))) {
      on_hand.emplace(row[0].c_str(), row[1].as<std::int64_t>());
    }
  }
  stock_ = Stock(std::move(on_hand));
}

participant::ActionAnswer StockEffects::Apply(pg::Tx& /*tx*/, const EffectRecord& record) {
  if (const std::optional<Refusal> refusal = stock_.Take(DecodeLines(record.request))) {
    return participant::Rejected(refusal->reason, refusal->message);
  }
  return participant::Applied(Uuid::FromName(record.action_key).ToString());
}

void StockEffects::Undo(pg::Tx& /*tx*/, const EffectRecord& record) {
  stock_.GiveBack(DecodeLines(record.request));
}

absl::Status StockEffects::Close(pg::Tx& tx) {
  const std::map<std::string, std::int64_t> changes = stock_.Changes();
  if (!changes.empty()) {
    tx.Queue(sql::products::update, pg::Column(changes, [](auto& c) { return c.first; }),
             pg::Column(changes, [](auto& c) { return c.second; }));
  }
  return absl::OkStatus();
}

}  // namespace ordersaga::inventory
