#include "services/inventory/store/restocks.h"

#include <fmt/format.h>

#include "inventory_sql.embed.h"
#include "platform/base/error.h"
#include "platform/base/hash.h"
#include "platform/participant/rules.h"
#include "platform/pg/array.h"
#include "platform/pg/sql.h"
#include "platform/pg/time.h"

namespace ordersaga::inventory {
namespace {

Restock Decode(const pg::Row& row) {
  return {row[0].c_str(),
          row[1].c_str(),
          row[2].as<std::int64_t>(),
          row[3].c_str(),
          row[4].c_str(),
          row[5].as<std::int64_t>(),
          pg::FromPg(row[6].c_str())};
}

std::string FingerprintOf(const Restock& restock) {
  return Fingerprint(fmt::format("{}\n{}\n{}\n{}", restock.item_id, restock.quantity, restock.by, restock.reason));
}

}  // namespace

Restocks::Restocks()
    : lock_(pg::SqlFile(kInventorySql, "products_lock.sql")),
      insert_(pg::SqlFile(kInventorySql, "restocks_insert.sql")),
      get_(pg::SqlFile(kInventorySql, "restocks_get.sql")),
      list_(pg::SqlFile(kInventorySql, "restocks_list.sql")) {}

absl::StatusOr<RestockVerdict> Restocks::Do(pg::Tx& tx, Restock& restock) const {
  const std::string fingerprint = FingerprintOf(restock);
  // With the product locked, the same request at the same time waits here and then finds the other's row.
  tx.Exec(lock_, pg::ArrayOf(std::vector{restock.item_id}));
  const pg::Result before = tx.Exec(get_, restock.key);
  if (!before.empty()) {
    if (fingerprint != before[0][7].c_str()) {
      return MakeError(absl::StatusCode::kFailedPrecondition, participant::kKeyReused,
                       "idempotency_key was used before with another request");
    }
    restock = Decode(before[0]);
    return RestockVerdict::kDone;
  }
  const pg::Result rows =
      tx.Exec(insert_, restock.key, fingerprint, restock.item_id, restock.quantity, restock.by, restock.reason);
  if (rows.empty()) return RestockVerdict::kUnknownProduct;
  restock.stock_after = rows[0][0].as<std::int64_t>();
  restock.created_at = pg::FromPg(rows[0][1].c_str());
  return RestockVerdict::kDone;
}

std::vector<Restock> Restocks::List(pg::Tx& tx, const std::string& item_id) const {
  std::vector<Restock> restocks;
  for (const auto& row : tx.Exec(list_, item_id)) restocks.push_back(Decode(row));
  return restocks;
}

}  // namespace ordersaga::inventory
