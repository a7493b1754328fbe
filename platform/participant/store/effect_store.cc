#include "platform/participant/store/effect_store.h"

#include "participant_migrations.embed.h"
#include "participant_sql.embed.h"
#include "platform/pg/array.h"
#include "platform/pg/time.h"

namespace ordersaga::participant {
namespace {

template <typename Rows>
std::vector<EffectRecord> DecodeAll(const Rows& rows) {
  std::vector<EffectRecord> records;
  for (const auto& row : rows) records.push_back(DecodeEffect(row));
  return records;
}

using pg::Column;

// An effect that was settled by hand is stored as a reversed one whose undo_answer says so: the table's CHECK has no
// other name for it, and a program one version older takes it for what it is, undone.
constexpr std::string_view kByHand = "by hand: ";

std::string_view StoredState(const EffectRecord& record) {
  return Name(record.state == EffectState::kSettled ? EffectState::kReversed : record.state);
}
std::string StoredUndoAnswer(const EffectRecord& record) {
  if (record.state != EffectState::kSettled) return record.undo_answer;
  return std::string(kByHand) + record.undo_answer;
}
void DecodeSettled(EffectRecord& record) {
  if (record.state != EffectState::kReversed || !record.undo_answer.starts_with(kByHand)) return;
  record.state = EffectState::kSettled;
  record.undo_answer.erase(0, kByHand.size());
}

// A record whose action is answered has an answer, and one that was rejected has a reason: both are seen in the table
// by its state and its reason.
template <typename Row>
std::optional<ActionAnswer> DecodeAnswer(EffectState state, const Row& row) {
  if (state == EffectState::kInProgress) return std::nullopt;
  const std::string reason = row[7].c_str();
  return ActionAnswer{reason.empty(), reason, row[8].c_str(), row[10].c_str()};
}
const ActionAnswer& AnswerOf(const EffectRecord& record) {
  static const ActionAnswer kNone;
  return record.settled.has_value() ? *record.settled : kNone;
}

}  // namespace

// By number, in the order of effects.sql: looking up names costs more than the rest for a page of an audit.
template <typename Row>
EffectRecord DecodeEffect(const Row& row) {
  EffectRecord record;
  record.action_key = row[0].c_str();
  record.order_id = row[1].c_str();
  record.fingerprint = row[2].c_str();
  // The table's CHECK allows no other names.
  record.state = ParseEffectState(row[3].c_str()).value();
  record.undo_requested = row[4].template as<bool>();
  record.compensation_key = row[5].c_str();
  if (!row[6].is_null()) record.not_after = pg::FromPg(row[6].c_str());
  record.settled = DecodeAnswer(record.state, row);
  record.request = row[9].c_str();
  record.undo_answer = row[11].c_str();
  record.created_at = pg::FromPg(row[12].c_str());
  record.updated_at = pg::FromPg(row[13].c_str());
  if (!row[14].is_null()) record.lock_key = row[14].c_str();
  record.amount = row[15].template as<std::int64_t>();
  record.given_back = row[16].template as<std::int64_t>();
  DecodeSettled(record);
  return record;
}
template EffectRecord DecodeEffect(const pg::Row&);
template EffectRecord DecodeEffect(const pg::PqxxRow&);

pg::Migrations Migrations(std::span<const pg::Migration> own) {
  std::vector<pg::Migration> all(kParticipantMigrations.begin(), kParticipantMigrations.end());
  all.insert(all.end(), own.begin(), own.end());
  return {std::move(all)};
}

Loaded EffectStore::Load(pg::Tx& tx, const Needs& needs, DatabaseClock& clock) const {
  const pg::Reply locked = tx.Queue(sql::effects::load, pg::ArrayOf(needs.locks));
  std::optional<pg::Reply> parts;
  if (!needs.keys.empty() || !needs.wholes.empty()) {
    // A statement of its own: one that waits for a lock does not see what was written while it waited.
    parts = tx.Queue(sql::effects::load_parts, pg::ArrayOf(needs.keys), pg::ArrayOf(needs.wholes));
  }
  // After the locks: when it happens is what counts for not_after.
  const pg::Result now = tx.Exec(sql::effects::now);
  Loaded loaded;
  const auto add = [&](const pg::Result& rows) {
    for (const auto& row : rows) {
      EffectRecord record = DecodeEffect(row);
      std::string key = record.action_key;
      loaded.records.emplace(std::move(key), std::move(record));
    }
  };
  add(locked.rows());
  if (parts.has_value()) add(parts->rows());
  loaded.now = clock.Read(pg::FromPg(now[0][0].c_str()));
  return loaded;
}

void EffectStore::Insert(pg::Tx& tx, const std::vector<EffectRecord>& records) const {
  if (records.empty()) return;
  tx.Queue(
      sql::effects::insert, Column(records, [](auto& r) { return r.action_key; }),
      Column(records, [](auto& r) { return r.order_id; }), Column(records, [](auto& r) { return r.fingerprint; }),
      Column(records, [](auto& r) { return StoredState(r); }),
      Column(records, [](auto& r) { return r.undo_requested; }),
      Column(records, [](auto& r) { return r.compensation_key; }), Column(records, [](auto& r) { return r.not_after; }),
      Column(records, [](auto& r) { return AnswerOf(r).reason; }),
      Column(records, [](auto& r) { return AnswerOf(r).message; }), Column(records, [](auto& r) { return r.request; }),
      Column(records, [](auto& r) { return AnswerOf(r).answer; }),
      Column(records, [](auto& r) { return r.undo_answer; }), Column(records, [](auto& r) { return r.created_at; }),
      Column(records, [](auto& r) { return r.updated_at; }), Column(records, [](auto& r) { return r.lock_key; }),
      Column(records, [](auto& r) { return r.amount; }));
}

void EffectStore::Update(pg::Tx& tx, const std::vector<Change>& changes) const {
  if (changes.empty()) return;
  tx.Queue(sql::effects::update, Column(changes, [](auto& c) { return c.after.action_key; }),
           Column(changes, [](auto& c) { return StoredState(c.after); }),
           Column(changes, [](auto& c) { return c.after.undo_requested; }),
           Column(changes, [](auto& c) { return c.after.compensation_key; }),
           Column(changes, [](auto& c) { return AnswerOf(c.after).reason; }),
           Column(changes, [](auto& c) { return AnswerOf(c.after).message; }),
           Column(changes, [](auto& c) { return AnswerOf(c.after).answer; }),
           Column(changes, [](auto& c) { return StoredUndoAnswer(c.after); }),
           Column(changes, [](auto& c) { return c.after.updated_at; }),
           Column(changes, [](auto& c) { return c.after.given_back; }),
           Column(changes, [](auto& c) { return StoredState(*c.before); }),
           Column(changes, [](auto& c) { return c.before->undo_requested; }),
           Column(changes, [](auto& c) { return c.before->updated_at; }));
}

std::optional<EffectRecord> EffectStore::Get(pg::PqxxTx& tx, const std::string& action_key) const {
  const pg::PqxxRows rows = tx.Exec(sql::effects::get, action_key);
  if (rows.empty()) return std::nullopt;
  return DecodeEffect(rows[0]);
}

std::vector<EffectRecord> EffectStore::OfOrder(pg::PqxxTx& tx, const std::string& order_id) const {
  return DecodeAll(tx.Exec(sql::effects::of_order, order_id));
}

std::optional<EffectRecord> EffectStore::Find(pg::PqxxTx& tx, const std::string& key) const {
  const pg::PqxxRows rows = tx.Exec(sql::effects::find, key);
  if (rows.empty()) return std::nullopt;
  return DecodeEffect(rows[0]);
}

std::vector<EffectRecord> EffectStore::PartsOf(pg::PqxxTx& tx, const std::string& whole_key) const {
  return DecodeAll(tx.Exec(sql::effects::parts, whole_key));
}

std::vector<AuditedEffect> EffectStore::Range(pg::PqxxTx& tx, const EffectRange& range, int limit) const {
  std::vector<AuditedEffect> effects;
  for (const auto& row : tx.Exec(sql::effects::range, range.first_order_id, range.last_order_id, range.after_order_id,
                                 range.after_key, limit)) {
    effects.push_back({DecodeEffect(row), row[kEffectColumns].as<std::int64_t>()});
  }
  return effects;
}

std::int64_t EffectStore::PurgeTombstones(pg::PqxxTx& tx) const {
  return static_cast<std::int64_t>(tx.Exec(sql::effects::purge).affected_rows());
}

std::vector<EffectRecord> EffectStore::UnderWay(pg::PqxxTx& tx, const std::string& after, int limit) const {
  return DecodeAll(tx.Exec(sql::effects::under_way, after, limit));
}

absl::Time EffectStore::Now(pg::PqxxTx& tx) const {
  return pg::FromPg(tx.Exec(sql::effects::now)[0][0].c_str());
}

}  // namespace ordersaga::participant
