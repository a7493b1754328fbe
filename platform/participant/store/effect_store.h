// The `effects` table. All methods run in the caller's transaction, set-based: one statement for a whole turn.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/base/database_clock.h"
#include "platform/participant/core/turn.h"
#include "platform/pg/migration.h"
#include "platform/pg/pqxx.h"
#include "platform/pg/result.h"
#include "platform/pg/session.h"

namespace ordersaga::participant {

// The table `effects`, then a service's own.
pg::Migrations Migrations(std::span<const pg::Migration> own);

// Effects of the orders first..last (inclusive; empty: no bound), after the one named.
struct EffectRange {
  std::string first_order_id;
  std::string last_order_id;
  std::string after_order_id;
  std::string after_key;
};

// An effect as an audit reads it.
struct AuditedEffect : EffectRecord {
  std::int64_t under_way_s = 0;  // for how long it has been, by the database's clock; 0: it is not
};

class EffectStore {
 public:
  // One round trip. The records are locked; the time is the database's, when the locks were there.
  Loaded Load(pg::Tx& tx, const Needs& needs, DatabaseClock& clock) const;

  // Both are queued: they go out with what follows, at the latest with the COMMIT. Where another replica wrote one of
  // the records meanwhile, the database raises PgFailure::kRetry and the turn is run again. The table refuses to give
  // back more than a record's amount.
  void Insert(pg::Tx& tx, const std::vector<EffectRecord>& records) const;
  void Update(pg::Tx& tx, const std::vector<Change>& changes) const;

  // Without locks, for people and for restart.
  std::optional<EffectRecord> Get(pg::PqxxTx& tx, const std::string& action_key) const;
  // By the key of the action or of its compensation.
  std::optional<EffectRecord> Find(pg::PqxxTx& tx, const std::string& key) const;
  std::vector<EffectRecord> OfOrder(pg::PqxxTx& tx, const std::string& order_id) const;
  std::vector<EffectRecord> PartsOf(pg::PqxxTx& tx, const std::string& whole_key) const;
  std::vector<AuditedEffect> Range(pg::PqxxTx& tx, const EffectRange& range, int limit) const;
  // Those with keys behind `after`, in the order of their keys.
  std::vector<EffectRecord> UnderWay(pg::PqxxTx& tx, const std::string& after, int limit) const;
  absl::Time Now(pg::PqxxTx& tx) const;

  // Deletes some of the tombstones that have outlived their not_after by a day, and nothing else. How many.
  std::int64_t PurgeTombstones(pg::PqxxTx& tx) const;
};

// A row that begins with the columns of effects.sql; pg::Row or pg::PqxxRow.
template <typename Row>
EffectRecord DecodeEffect(const Row& row);
inline constexpr int kEffectColumns = 17;  // so many are those

}  // namespace ordersaga::participant
