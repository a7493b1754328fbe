#include "services/inventory/store/restocks.h"

#include <fmt/format.h>

#include "inventory_sql.embed.h"
#include "platform/base/error.h"
#include "platform/base/hash.h"
#include "platform/participant/core/rules.h"
#include "platform/pg/array.h"
#include "platform/pg/time.h"

namespace ordersaga::inventory {
namespace {

template <typename Row>
Restock Decode(const Row& row) {
  return {row[0].c_str(),
          row[1].c_str(),
          row[2].template as<std::int64_t>(),
          row[3].c_str(),
          row[4].c_str(),
          row[5].template as<std::int64_t>(),
          pg::FromPg(row[6].c_str())};
}

std::string FingerprintOf(const Restock& restock) {
  return Fingerprint(fmt::format("{}\n{}\n{}\n{}", restock.item_id, restock.quantity, restock.by, restock.reason));
}

}  // namespace

absl::StatusOr<RestockVerdict> Restocks::Do(pg::Tx& tx, Restock& restock) const {
  const std::string fingerprint = FingerprintOf(restock);
  // With the product locked, the same request at the same time waits here and then finds the other's row.
  tx.Exec(sql::products::lock, pg::ArrayOf(std::vector{restock.item_id}));
  const pg::Result before = tx.Exec(sql::restocks::get, restock.key);
  if (!before.empty()) {
    if (fingerprint != before[0][7].c_str()) {
      return MakeError(absl::StatusCode::kFailedPrecondition, participant::kKeyReused,
                       "idempotency_key was used before with another request");
    }
    restock = Decode(before[0]);
    return RestockVerdict::kDone;
  }
  const pg::Result rows = tx.Exec(sql::restocks::insert, restock.key, fingerprint, restock.item_id, restock.quantity,
                                  restock.by, restock.reason);
  if (rows.empty()) return RestockVerdict::kUnknownProduct;
  restock.stock_after = rows[0][0].as<std::int64_t>();
  restock.created_at = pg::FromPg(rows[0][1].c_str());
  return RestockVerdict::kDone;
}

std::vector<Restock> Restocks::List(pg::PqxxTx& tx, const std::string& item_id) const {
  std::vector<Restock> restocks;
  for (const auto& row : tx.Exec(sql::restocks::list, item_id)) restocks.push_back(Decode(row));
  return restocks;
}

}  // namespace ordersaga::inventory
