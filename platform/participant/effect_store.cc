#include "platform/participant/effect_store.h"

#include "participant_sql.embed.h"
#include "platform/pg/array.h"
#include "platform/pg/sql.h"
#include "platform/pg/time.h"

namespace ordersaga::participant {
namespace {

std::vector<EffectRecord> DecodeAll(const pg::Result& rows) {
  std::vector<EffectRecord> records;
  for (const auto& row : rows) records.push_back(DecodeEffect(row));
  return records;
}

using pg::Column;

pg::Array States(const std::vector<EffectRecord>& records) {
  return Column(records, [](auto& r) { return Name(r.state); });
}
pg::Array UndoRequested(const std::vector<EffectRecord>& records) {
  return Column(records, [](auto& r) { return r.undo_requested; });
}

}  // namespace

// By number, in the order of 0001_effects.sql: looking up names costs more than the rest for a page of an audit.
EffectRecord DecodeEffect(const pg::Row& row) {
  EffectRecord record;
  record.action_key = row[0].c_str();
  record.order_id = row[1].c_str();
  record.fingerprint = row[2].c_str();
  // The table's CHECK allows no other names.
  record.state = ParseEffectState(row[3].c_str()).value();
  record.undo_requested = row[4].as<bool>();
  record.compensation_key = row[5].c_str();
  if (!row[6].is_null()) record.not_after = pg::FromPg(row[6].c_str());
  record.reason = row[7].c_str();
  record.message = row[8].c_str();
  record.request = row[9].c_str();
  record.answer = row[10].c_str();
  record.undo_answer = row[11].c_str();
  record.created_at = pg::FromPg(row[12].c_str());
  record.updated_at = pg::FromPg(row[13].c_str());
  return record;
}

std::vector<pg::Migration> WithEffects(std::span<const pg::Migration> own) {
  std::vector<pg::Migration> all;
  for (const auto& [name, text] : kParticipantSql) {
    if (name.substr(0, 5) == "0001_") all.emplace_back(name, text);
  }
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

EffectStore::EffectStore()
    : load_(pg::SqlFile(kParticipantSql, "effects_load.sql")),
      insert_(pg::SqlFile(kParticipantSql, "effects_insert.sql")),
      update_(pg::SqlFile(kParticipantSql, "effects_update.sql")),
      get_(pg::SqlFile(kParticipantSql, "effects_get.sql")),
      find_(pg::SqlFile(kParticipantSql, "effects_find.sql")),
      of_order_(pg::SqlFile(kParticipantSql, "effects_of_order.sql")),
      range_(pg::SqlFile(kParticipantSql, "effects_range.sql")),
      unsettled_(pg::SqlFile(kParticipantSql, "effects_unsettled.sql")),
      purge_(pg::SqlFile(kParticipantSql, "effects_purge.sql")),
      now_(pg::SqlFile(kParticipantSql, "effects_now.sql")) {}

EffectStore::Loaded EffectStore::Load(pg::Tx& tx, const std::vector<std::string>& action_keys,
                                      DatabaseClock& clock) const {
  const pg::Reply found = tx.Queue(load_, pg::ArrayOf(action_keys));
  // After the locks: when it happens is what counts for not_after.
  const pg::Result now = tx.Exec(now_);
  Records records;
  for (const auto& row : found.rows()) {
    EffectRecord record = DecodeEffect(row);
    std::string key = record.action_key;
    records.emplace(std::move(key), std::move(record));
  }
  return {std::move(records), clock.Read(pg::FromPg(now[0][0].c_str()))};
}

absl::Status EffectStore::Insert(pg::Tx& tx, const std::vector<EffectRecord>& records) const {
  if (records.empty()) return absl::OkStatus();
  const pg::Result rows = tx.Exec(
      insert_, Column(records, [](auto& r) { return r.action_key; }),
      Column(records, [](auto& r) { return r.order_id; }), Column(records, [](auto& r) { return r.fingerprint; }),
      States(records), UndoRequested(records), Column(records, [](auto& r) { return r.compensation_key; }),
      Column(records, [](auto& r) { return r.not_after; }), Column(records, [](auto& r) { return r.reason; }),
      Column(records, [](auto& r) { return r.message; }), Column(records, [](auto& r) { return r.request; }),
      Column(records, [](auto& r) { return r.answer; }), Column(records, [](auto& r) { return r.undo_answer; }),
      Column(records, [](auto& r) { return r.created_at; }), Column(records, [](auto& r) { return r.updated_at; }));
  if (rows.size() == records.size()) return absl::OkStatus();
  return pg::MakeFailure(pg::PgFailure::kRetry, "another replica has just written the same key");
}

void EffectStore::Update(pg::Tx& tx, const std::vector<EffectRecord>& records) const {
  if (records.empty()) return;
  tx.Queue(update_, Column(records, [](auto& r) { return r.action_key; }), States(records), UndoRequested(records),
           Column(records, [](auto& r) { return r.compensation_key; }),
           Column(records, [](auto& r) { return r.reason; }), Column(records, [](auto& r) { return r.message; }),
           Column(records, [](auto& r) { return r.answer; }), Column(records, [](auto& r) { return r.undo_answer; }),
           Column(records, [](auto& r) { return r.updated_at; }));
}

std::optional<EffectRecord> EffectStore::Get(pg::Tx& tx, const std::string& action_key) const {
  const pg::Result rows = tx.Exec(get_, action_key);
  if (rows.empty()) return std::nullopt;
  return DecodeEffect(rows[0]);
}

std::vector<EffectRecord> EffectStore::OfOrder(pg::Tx& tx, const std::string& order_id) const {
  return DecodeAll(tx.Exec(of_order_, order_id));
}

std::optional<EffectRecord> EffectStore::Find(pg::Tx& tx, const std::string& key) const {
  const pg::Result rows = tx.Exec(find_, key);
  if (rows.empty()) return std::nullopt;
  return DecodeEffect(rows[0]);
}

std::vector<EffectRecord> EffectStore::Range(pg::Tx& tx, const EffectRange& range, int limit) const {
  return DecodeAll(
      tx.Exec(range_, range.first_order_id, range.last_order_id, range.after_order_id, range.after_key, limit));
}

std::int64_t EffectStore::PurgeTombstones(pg::Tx& tx) const {
  return static_cast<std::int64_t>(tx.Exec(purge_).affected_rows());
}

std::vector<EffectRecord> EffectStore::Unsettled(pg::Tx& tx) const {
  return DecodeAll(tx.Exec(unsettled_));
}

}  // namespace ordersaga::participant
