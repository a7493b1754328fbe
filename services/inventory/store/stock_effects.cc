#include "services/inventory/store/stock_effects.h"

#include <set>

#include "inventory_sql.embed.h"
#include "platform/base/error.h"
#include "platform/base/uuid.h"
#include "platform/pg/array.h"
#include "platform/pg/sql.h"

namespace ordersaga::inventory {

using participant::EffectRecord;

StockEffects::StockEffects()
    : lock_(pg::SqlFile(kInventorySql, "products_lock.sql")),
      update_(pg::SqlFile(kInventorySql, "products_update.sql")) {}

void StockEffects::Open(pg::Tx& tx, const std::vector<const EffectRecord*>& records) {
  std::set<std::string> item_ids;
  for (const EffectRecord* record : records) {
    for (const Line& line : DecodeLines(record->request)) item_ids.insert(line.item_id);
  }
  std::map<std::string, std::int64_t> on_hand;
  if (!item_ids.empty()) {
    const std::vector<std::string> ids(item_ids.begin(), item_ids.end());
    for (const auto& row : tx.Exec(lock_, pg::ArrayOf(ids))) {
      on_hand.emplace(row[0].c_str(), row[1].as<std::int64_t>());
    }
  }
  stock_ = Stock(std::move(on_hand));
}

std::optional<participant::Refusal> StockEffects::Apply(pg::Tx& /*tx*/, EffectRecord& record) {
  if (std::optional<Refusal> refusal = stock_.Take(DecodeLines(record.request))) {
    return participant::Refusal{refusal->reason, refusal->message};
  }
  record.answer = Uuid::FromName(record.action_key).ToString();
  return std::nullopt;
}

void StockEffects::Undo(pg::Tx& /*tx*/, const EffectRecord& record) {
  stock_.GiveBack(DecodeLines(record.request));
}

absl::Status StockEffects::Close(pg::Tx& tx) {
  std::vector<std::string> item_ids;
  std::vector<std::int64_t> changes;
  for (const auto& [item_id, change] : stock_.Changes()) {
    item_ids.push_back(item_id);
    changes.push_back(change);
  }
  if (item_ids.empty()) return absl::OkStatus();
  const pg::Result rows = tx.Exec(update_, pg::ArrayOf(item_ids), pg::ArrayOf(changes));
  if (static_cast<std::size_t>(rows.affected_rows()) == item_ids.size()) return absl::OkStatus();
  // A product that was sold and then deleted by hand: what comes back has nowhere to go. Better no answer than a loss.
  return pg::MakeFailure(pg::PgFailure::kBadRow, "a product of this reservation is no longer in the catalogue");
}

}  // namespace ordersaga::inventory
