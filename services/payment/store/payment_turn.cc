#include "services/payment/store/payment_turn.h"

#include <boost/json.hpp>

#include "payment_sql.embed.h"
#include "platform/base/error.h"
#include "platform/pg/array.h"
#include "platform/pg/sql.h"

namespace ordersaga::payment {

using participant::ActionVerdict;
using participant::CompensationVerdict;
using participant::EffectRecord;
using participant::EffectState;

// What one turn reads once and writes once.
struct PaymentTurn::Work {
  struct Transfer {
    std::string charge_key, kind, provider_id;
    Money amount;
  };
  absl::Time now;
  participant::EffectStore::Records records;
  std::vector<EffectRecord> inserts;
  std::vector<EffectRecord> updates;
  std::vector<Transfer> transfers;

  const EffectRecord* Find(const std::string& key) const {
    const auto found = records.find(key);
    return found == records.end() ? nullptr : &found->second;
  }
  void Save(EffectRecord record) {
    record.updated_at = now;
    updates.push_back(std::move(record));
  }
};

namespace {

absl::Status ComeBack(const char* message) {
  return TryAgain(absl::StatusCode::kUnavailable, "IN_PROGRESS", message, absl::Milliseconds(300));
}

void AnswerRefund(const EffectRecord& record, Outcome& outcome) {
  outcome.money_moved = record.state == EffectState::kReversed;
  if (!outcome.money_moved) return;
  outcome.id = record.undo_answer;
  outcome.refunded = DecodeOrder(record).amount;
}

void SetOrder(const EffectRecord& record, Item& item) {
  item.order = DecodeOrder(record);
  item.order_id = record.order_id;
}

}  // namespace

std::string EncodeOrder(const ChargeOrder& order) {
  return boost::json::serialize(boost::json::object{
      {"amount_minor", order.amount.minor}, {"currency", order.amount.currency}, {"user_email", order.user_email}});
}

ChargeOrder DecodeOrder(const EffectRecord& record) {
  ChargeOrder order{record.action_key, {}, ""};
  if (record.request.empty()) return order;  // a tombstone
  const boost::json::value value = boost::json::parse(record.request);
  const auto& object = value.as_object();
  order.amount = {object.at("amount_minor").to_number<std::int64_t>(), std::string(object.at("currency").as_string())};
  order.user_email = std::string(object.at("user_email").as_string());
  return order;
}

Outcome AnswerOf(const EffectRecord& record) {
  Outcome outcome;
  outcome.applied = record.state != EffectState::kRejected;
  outcome.reason = record.reason;
  outcome.message = record.message;
  outcome.id = record.answer;
  return outcome;
}

PaymentTurn::PaymentTurn(std::function<bool(const std::string&)> calling)
    : calling_(std::move(calling)), insert_transfers_(pg::SqlFile(kPaymentSql, "transfers_insert.sql")) {}

absl::Status PaymentTurn::Handle(pg::Tx& tx, std::vector<Item>& items) const {
  std::vector<std::string> keys;
  for (const Item& item : items) keys.push_back(item.action_key);
  Work work{effects_.Now(tx), effects_.Load(tx, keys), {}, {}, {}};
  for (Item& item : items) {
    item.outcome = Outcome{};
    item.next = Next::kAnswer;
    std::visit([&](const auto& ask) { Decide(ask, work, item); }, item.ask);
  }
  if (absl::Status status = effects_.Insert(tx, work.inserts); !status.ok()) return status;
  effects_.Update(tx, work.updates);
  if (work.transfers.empty()) return absl::OkStatus();
  std::vector<std::string> charge_keys, kinds, currencies, provider_ids;
  std::vector<std::int64_t> amounts;
  for (const Work::Transfer& transfer : work.transfers) {
    charge_keys.push_back(transfer.charge_key);
    kinds.push_back(transfer.kind);
    amounts.push_back(transfer.amount.minor);
    currencies.push_back(transfer.amount.currency);
    provider_ids.push_back(transfer.provider_id);
  }
  tx.Exec(insert_transfers_, pg::ArrayOf(charge_keys), pg::ArrayOf(kinds), pg::ArrayOf(amounts),
          pg::ArrayOf(currencies), pg::ArrayOf(provider_ids));
  return absl::OkStatus();
}

void PaymentTurn::Decide(const BeginCharge& ask, Work& work, Item& item) const {
  const EffectRecord* stored = work.Find(ask.request.key);
  EffectRecord record = participant::NewRecord(ask.request, work.now);
  record.request = EncodeOrder(ask.order);
  item.order = ask.order;
  item.order_id = ask.request.order_id;
  switch (participant::JudgeAction(stored, ask.request, work.now)) {
    case ActionVerdict::kAnswerStored:
      item.outcome = AnswerOf(*stored);
      return;
    case ActionVerdict::kRejectVoided:
      item.outcome.reason = participant::kCompensated;
      item.outcome.message = "this charge was compensated before it happened";
      return;
    case ActionVerdict::kKeyReused:
      item.outcome.status = MakeError(absl::StatusCode::kFailedPrecondition, participant::kKeyReused,
                                      "idempotency_key was used before with another request");
      return;
    case ActionVerdict::kInProgress:
      item.next = Next::kCallCharge;
      return;
    case ActionVerdict::kRejectExpired:
      record.state = EffectState::kRejected;
      record.reason = participant::kExpired;
      record.message = "the charge came after not_after";
      item.outcome = AnswerOf(record);
      break;
    case ActionVerdict::kApply:
      record.state = EffectState::kInProgress;
      item.next = Next::kCallCharge;
      break;
  }
  work.inserts.push_back(std::move(record));
}

void PaymentTurn::Decide(const FinishCharge& ask, Work& work, Item& item) const {
  const EffectRecord* stored = work.Find(item.action_key);
  SetOrder(*stored, item);
  if (stored->state != EffectState::kInProgress) {
    // Settled meanwhile, by another replica or by a refund that asked the provider itself.
    item.outcome = AnswerOf(*stored);
    return;
  }
  if (ask.result.kind == ChargeResult::Kind::kUnknown) {
    item.outcome.status = ComeBack("the provider's answer is not known yet");
    return;
  }
  EffectRecord record = *stored;
  if (ask.result.kind == ChargeResult::Kind::kDeclined) {
    record.state = EffectState::kRejected;
    record.reason = ask.result.reason;
    record.message = ask.result.message;
  } else {
    record.state = record.undo_requested ? EffectState::kReversing : EffectState::kApplied;
    record.answer = ask.result.id;
    work.transfers.push_back({record.action_key, "charge", ask.result.id, item.order.amount});
    if (record.undo_requested) item.next = Next::kAnswerAndCallRefund;
  }
  item.outcome = AnswerOf(record);
  work.Save(std::move(record));
}

void PaymentTurn::Decide(const BeginRefund& ask, Work& work, Item& item) const {
  const EffectRecord* stored = work.Find(ask.request.action_key);
  if (stored != nullptr) SetOrder(*stored, item);
  switch (participant::JudgeCompensation(stored)) {
    case CompensationVerdict::kVoid:
      work.inserts.push_back(participant::Tombstone(ask.request, work.now));
      return;
    case CompensationVerdict::kNothingToUndo:
      return;
    case CompensationVerdict::kAnswerStored:
      AnswerRefund(*stored, item.outcome);
      return;
    case CompensationVerdict::kInProgress:
      item.next = Next::kCallRefund;
      return;
    case CompensationVerdict::kUndoOnCompletion:
    case CompensationVerdict::kUndo:
      break;
  }
  EffectRecord record = *stored;
  record.compensation_key = ask.request.key;
  if (record.state == EffectState::kInProgress && calling_(record.action_key)) {
    // Its answer is on the way; what it charges will be given back.
    record.undo_requested = true;
    item.outcome.status = ComeBack("the charge is still under way; it will be undone");
  } else {
    // Applied, or left without an answer: the provider knows, and bars the key.
    record.state = EffectState::kReversing;
    item.next = Next::kCallRefund;
  }
  work.Save(std::move(record));
}

void PaymentTurn::Decide(const FinishRefund& ask, Work& work, Item& item) const {
  const EffectRecord* stored = work.Find(item.action_key);
  SetOrder(*stored, item);
  if (stored->state != EffectState::kReversing) return AnswerRefund(*stored, item.outcome);
  if (ask.result.kind == RefundResult::Kind::kFailed) {
    item.outcome.status = ComeBack("the provider could not refund; ask again");
    return;
  }
  EffectRecord record = *stored;
  if (ask.result.kind == RefundResult::Kind::kNothingCharged) {
    record.state = EffectState::kVoided;
  } else {
    record.state = EffectState::kReversed;
    record.undo_answer = ask.result.id;
    if (record.answer.empty()) {
      // The charge had happened without anybody here hearing of it.
      record.answer = "found at refund";
      work.transfers.push_back({record.action_key, "charge", ask.result.id, item.order.amount});
    }
    work.transfers.push_back({record.action_key, "refund", ask.result.id, item.order.amount});
  }
  AnswerRefund(record, item.outcome);
  work.Save(std::move(record));
}

void PaymentTurn::Decide(const Resume& /*ask*/, Work& work, Item& item) const {
  const EffectRecord* stored = work.Find(item.action_key);
  if (stored == nullptr) return;
  SetOrder(*stored, item);
  if (stored->state == EffectState::kInProgress) item.next = Next::kCallCharge;
  if (stored->state == EffectState::kReversing) item.next = Next::kCallRefund;
}

}  // namespace ordersaga::payment
