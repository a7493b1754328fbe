// The `effects` table. All methods run in the caller's transaction, set-based: one statement for a whole turn.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/pg/result.h"

#include "absl/status/statusor.h"
#include "platform/base/database_clock.h"
#include "platform/participant/rules.h"
#include "platform/pg/migrate.h"
#include "platform/pg/session.h"

namespace ordersaga::participant {

// To be put before a service's own migrations.
std::vector<pg::Migration> WithEffects(std::span<const pg::Migration> own);

// Effects of the orders first..last (inclusive; empty: no bound), after the one named.
struct EffectRange {
  std::string first_order_id;
  std::string last_order_id;
  std::string after_order_id;
  std::string after_key;
};

class EffectStore {
 public:
  EffectStore();

  using Records = std::map<std::string, EffectRecord>;  // by action key

  struct Loaded {
    Records records;  // those of the keys that exist, locked
    absl::Time now;   // the database's, when the locks were there
  };
  Loaded Load(pg::Tx& tx, const std::vector<std::string>& action_keys, DatabaseClock& clock) const;

  // Error: PgFailure::kRetry when another replica wrote one of the keys meanwhile; the turn is run again.
  absl::Status Insert(pg::Tx& tx, const std::vector<EffectRecord>& records) const;
  // Queued: goes out with what follows.
  void Update(pg::Tx& tx, const std::vector<EffectRecord>& records) const;

  // Without locks, for people and for restart.
  std::optional<EffectRecord> Get(pg::Tx& tx, const std::string& action_key) const;
  // By the key of the action or of its compensation.
  std::optional<EffectRecord> Find(pg::Tx& tx, const std::string& key) const;
  std::vector<EffectRecord> OfOrder(pg::Tx& tx, const std::string& order_id) const;
  std::vector<EffectRecord> Range(pg::Tx& tx, const EffectRange& range, int limit) const;
  std::vector<EffectRecord> Unsettled(pg::Tx& tx) const;

  // Deletes some of the tombstones that have outlived their not_after by a day, and nothing else. How many.
  std::int64_t PurgeTombstones(pg::Tx& tx) const;

 private:
  const std::string load_, insert_, update_, get_, find_, of_order_, range_, unsettled_, purge_, now_;
};

// A row with all columns of `effects`.
EffectRecord DecodeEffect(const pg::Row& row);

}  // namespace ordersaga::participant
