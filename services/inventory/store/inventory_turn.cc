#include "services/inventory/store/inventory_turn.h"

#include "inventory_sql.embed.h"
#include "platform/base/error.h"
#include "platform/base/uuid.h"
#include "platform/pg/array.h"
#include "platform/pg/sql.h"

namespace ordersaga::inventory {

using participant::ActionVerdict;
using participant::CompensationVerdict;
using participant::EffectRecord;
using participant::EffectState;

// What one turn reads once and writes once.
struct InventoryTurn::Work {
  absl::Time now;
  participant::EffectStore::Records records;
  Stock stock;
  std::vector<EffectRecord> inserts;
  std::vector<EffectRecord> updates;

  const EffectRecord* Find(const std::string& key) const {
    const auto found = records.find(key);
    return found == records.end() ? nullptr : &found->second;
  }
};

namespace {

void AnswerFrom(const EffectRecord& record, Outcome& outcome) {
  outcome.applied = record.state != EffectState::kRejected;
  outcome.reason = record.reason;
  outcome.message = record.message;
  outcome.reservation_id = record.answer;
}

std::set<std::string> ItemsOf(const std::vector<Item>& items, const participant::EffectStore::Records& records) {
  std::set<std::string> item_ids;
  for (const Item& item : items) {
    std::vector<Line> lines;
    const auto record = records.find(item.action_key);
    if (const auto* reserve = std::get_if<Reserve>(&item.ask)) {
      if (record == records.end()) lines = reserve->lines;
    } else if (record != records.end() && record->second.state == EffectState::kApplied) {
      lines = DecodeLines(record->second.request);
    }
    for (const Line& line : lines) item_ids.insert(line.item_id);
  }
  return item_ids;
}

}  // namespace

InventoryTurn::InventoryTurn()
    : lock_(pg::SqlFile(kInventorySql, "products_lock.sql")),
      update_(pg::SqlFile(kInventorySql, "products_update.sql")) {}

absl::Status InventoryTurn::Handle(pg::Tx& tx, std::vector<Item>& items) const {
  std::vector<std::string> keys;
  for (const Item& item : items) keys.push_back(item.action_key);
  participant::EffectStore::Records records = effects_.Load(tx, keys);
  Stock stock = LockStock(tx, ItemsOf(items, records));
  Work work{effects_.Now(tx), std::move(records), std::move(stock), {}, {}};
  for (Item& item : items) {
    item.outcome = Outcome{};
    std::visit([&](const auto& ask) { Decide(ask, work, item.outcome); }, item.ask);
  }
  if (absl::Status status = effects_.Insert(tx, work.inserts); !status.ok()) return status;
  effects_.Update(tx, work.updates);
  std::vector<std::string> item_ids;
  std::vector<std::int64_t> changes;
  for (const auto& [item_id, change] : work.stock.Changes()) {
    item_ids.push_back(item_id);
    changes.push_back(change);
  }
  if (!item_ids.empty()) tx.Exec(update_, pg::ArrayOf(item_ids), pg::ArrayOf(changes));
  return absl::OkStatus();
}

void InventoryTurn::Decide(const Reserve& reserve, Work& work, Outcome& outcome) const {
  const EffectRecord* stored = work.Find(reserve.request.key);
  const ActionVerdict verdict = participant::JudgeAction(stored, reserve.request, work.now);
  EffectRecord record = participant::NewRecord(reserve.request, work.now);
  record.request = EncodeLines(reserve.lines);
  switch (verdict) {
    case ActionVerdict::kAnswerStored:
      return AnswerFrom(*stored, outcome);
    case ActionVerdict::kRejectVoided:
      outcome.reason = participant::kCompensated;
      outcome.message = "this reservation was compensated before it happened";
      return;
    case ActionVerdict::kKeyReused:
      outcome.status = MakeError(absl::StatusCode::kFailedPrecondition, participant::kKeyReused,
                                 "idempotency_key was used before with another request");
      return;
    case ActionVerdict::kInProgress:  // local effects are never in progress
      outcome.status = MakeError(absl::StatusCode::kInternal, "INVARIANT_BROKEN", "in progress");
      return;
    case ActionVerdict::kRejectExpired:
      record.state = EffectState::kRejected;
      record.reason = participant::kExpired;
      record.message = "the reservation came after not_after";
      break;
    case ActionVerdict::kApply:
      if (std::optional<Refusal> refusal = work.stock.Take(reserve.lines)) {
        record.state = EffectState::kRejected;
        record.reason = refusal->reason;
        record.message = refusal->message;
      } else {
        record.state = EffectState::kApplied;
        record.answer = Uuid::FromName(reserve.request.key).ToString();
      }
      break;
  }
  outcome.fresh = true;
  AnswerFrom(record, outcome);
  work.inserts.push_back(std::move(record));
}

void InventoryTurn::Decide(const Release& release, Work& work, Outcome& outcome) const {
  const EffectRecord* stored = work.Find(release.request.action_key);
  switch (participant::JudgeCompensation(stored)) {
    case CompensationVerdict::kVoid:
      work.inserts.push_back(participant::Tombstone(release.request, work.now));
      return;
    case CompensationVerdict::kNothingToUndo:
      return;
    case CompensationVerdict::kAnswerStored:
      outcome.undone = true;
      outcome.reservation_id = stored->answer;
      return;
    case CompensationVerdict::kUndoOnCompletion:
    case CompensationVerdict::kInProgress:  // local effects are never in progress
      outcome.status = MakeError(absl::StatusCode::kInternal, "INVARIANT_BROKEN", "in progress");
      return;
    case CompensationVerdict::kUndo:
      break;
  }
  EffectRecord record = *stored;
  work.stock.GiveBack(DecodeLines(record.request));
  record.state = EffectState::kReversed;
  record.compensation_key = release.request.key;
  record.undo_answer = record.answer;
  record.updated_at = work.now;
  outcome.undone = true;
  outcome.fresh = true;
  outcome.reservation_id = record.answer;
  work.updates.push_back(std::move(record));
}

Stock InventoryTurn::LockStock(pg::Tx& tx, const std::set<std::string>& item_ids) const {
  std::map<std::string, std::int64_t> on_hand;
  if (item_ids.empty()) return Stock(std::move(on_hand));
  const std::vector<std::string> ids(item_ids.begin(), item_ids.end());
  for (const auto& row : tx.Exec(lock_, pg::ArrayOf(ids))) {
    on_hand.emplace(row[0].c_str(), row[1].as<std::int64_t>());
  }
  return Stock(std::move(on_hand));
}

}  // namespace ordersaga::inventory
