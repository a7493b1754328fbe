#include "platform/participant/effect_store.h"

#include "participant_sql.embed.h"
#include "platform/pg/array.h"
#include "platform/pg/sql.h"
#include "platform/pg/time.h"

namespace ordersaga::participant {
namespace {

EffectRecord Decode(const pqxx::row& row) {
  EffectRecord record;
  record.action_key = row["action_key"].c_str();
  record.order_id = row["order_id"].c_str();
  record.fingerprint = row["fingerprint"].c_str();
  // The table's CHECK allows no other names.
  record.state = ParseEffectState(row["state"].c_str()).value();
  record.undo_requested = row["undo_requested"].as<bool>();
  record.compensation_key = row["compensation_key"].c_str();
  if (!row["not_after"].is_null()) record.not_after = pg::FromPg(row["not_after"].c_str());
  record.reason = row["reason"].c_str();
  record.message = row["message"].c_str();
  record.request = row["request"].c_str();
  record.answer = row["answer"].c_str();
  record.undo_answer = row["undo_answer"].c_str();
  record.created_at = pg::FromPg(row["created_at"].c_str());
  record.updated_at = pg::FromPg(row["updated_at"].c_str());
  return record;
}

std::vector<EffectRecord> DecodeAll(const pqxx::result& rows) {
  std::vector<EffectRecord> records;
  for (const auto& row : rows) records.push_back(Decode(row));
  return records;
}

template <typename Of>
std::string Column(const std::vector<EffectRecord>& records, Of of) {
  std::vector<decltype(of(records.front()))> values;
  values.reserve(records.size());
  for (const EffectRecord& record : records) values.push_back(of(record));
  return pg::ArrayOf(values);
}

std::string StateColumn(const std::vector<EffectRecord>& records) {
  return Column(records, [](auto& r) { return std::string(Name(r.state)); });
}
std::string FlagColumn(const std::vector<EffectRecord>& records) {
  return Column(records, [](auto& r) { return std::string(r.undo_requested ? "t" : "f"); });
}

}  // namespace

std::vector<pg::Migration> WithEffects(std::span<const pg::Migration> own) {
  std::vector<pg::Migration> all;
  for (const auto& [name, text] : kParticipantSql) {
    if (name == "0001_effects.sql") all.emplace_back(name, text);
  }
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

EffectStore::EffectStore()
    : load_(pg::SqlFile(kParticipantSql, "effects_load.sql")),
      insert_(pg::SqlFile(kParticipantSql, "effects_insert.sql")),
      update_(pg::SqlFile(kParticipantSql, "effects_update.sql")),
      get_(pg::SqlFile(kParticipantSql, "effects_get.sql")),
      of_order_(pg::SqlFile(kParticipantSql, "effects_of_order.sql")),
      unsettled_(pg::SqlFile(kParticipantSql, "effects_unsettled.sql")),
      now_(pg::SqlFile(kParticipantSql, "effects_now.sql")) {}

EffectStore::Records EffectStore::Load(pg::Tx& tx, const std::vector<std::string>& action_keys) const {
  Records records;
  for (const auto& row : tx.Exec(load_, pg::ArrayOf(action_keys))) {
    EffectRecord record = Decode(row);
    std::string key = record.action_key;
    records.emplace(std::move(key), std::move(record));
  }
  return records;
}

absl::Time EffectStore::Now(pg::Tx& tx) const {
  return pg::FromPg(tx.Exec(now_)[0][0].c_str());
}

absl::Status EffectStore::Insert(pg::Tx& tx, const std::vector<EffectRecord>& records) const {
  if (records.empty()) return absl::OkStatus();
  const pqxx::result rows = tx.Exec(
      insert_, Column(records, [](auto& r) { return r.action_key; }),
      Column(records, [](auto& r) { return r.order_id; }), Column(records, [](auto& r) { return r.fingerprint; }),
      StateColumn(records), FlagColumn(records), Column(records, [](auto& r) { return r.compensation_key; }),
      Column(records,
             [](auto& r) {
               return r.not_after.has_value() ? std::optional<std::string>(pg::ToPg(*r.not_after)) : std::nullopt;
             }),
      Column(records, [](auto& r) { return r.reason; }), Column(records, [](auto& r) { return r.message; }),
      Column(records, [](auto& r) { return r.request; }), Column(records, [](auto& r) { return r.answer; }),
      Column(records, [](auto& r) { return r.undo_answer; }),
      Column(records, [](auto& r) { return pg::ToPg(r.created_at); }),
      Column(records, [](auto& r) { return pg::ToPg(r.updated_at); }));
  if (rows.size() == records.size()) return absl::OkStatus();
  return pg::MakeFailure(pg::PgFailure::kRetry, "another replica has just written the same key");
}

void EffectStore::Update(pg::Tx& tx, const std::vector<EffectRecord>& records) const {
  if (records.empty()) return;
  tx.Exec(update_, Column(records, [](auto& r) { return r.action_key; }), StateColumn(records), FlagColumn(records),
          Column(records, [](auto& r) { return r.compensation_key; }),
          Column(records, [](auto& r) { return r.reason; }), Column(records, [](auto& r) { return r.message; }),
          Column(records, [](auto& r) { return r.answer; }), Column(records, [](auto& r) { return r.undo_answer; }),
          Column(records, [](auto& r) { return pg::ToPg(r.updated_at); }));
}

std::optional<EffectRecord> EffectStore::Get(pg::Tx& tx, const std::string& action_key) const {
  const pqxx::result rows = tx.Exec(get_, action_key);
  if (rows.empty()) return std::nullopt;
  return Decode(rows[0]);
}

std::vector<EffectRecord> EffectStore::OfOrder(pg::Tx& tx, const std::string& order_id) const {
  return DecodeAll(tx.Exec(of_order_, order_id));
}

std::vector<EffectRecord> EffectStore::Unsettled(pg::Tx& tx) const {
  return DecodeAll(tx.Exec(unsettled_));
}

}  // namespace ordersaga::participant
