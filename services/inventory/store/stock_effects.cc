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
    for (const auto& row : tx.Exec(lock_, pg::ArrayOf(item_ids))) {
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
  const std::map<std::string, std::int64_t> changes = stock_.Changes();
  if (changes.empty()) return absl::OkStatus();
  const pg::Result rows = tx.Exec(update_, pg::Column(changes, [](auto& c) { return c.first; }),
                                  pg::Column(changes, [](auto& c) { return c.second; }));
  if (static_cast<std::size_t>(rows.affected_rows()) == changes.size()) return absl::OkStatus();
  // A product that was sold and then deleted by hand: what comes back has nowhere to go. Better no answer than a loss.
  return pg::MakeFailure(pg::PgFailure::kBadRow, "a product of this reservation is no longer in the catalogue");
}

}  // namespace ordersaga::inventory
