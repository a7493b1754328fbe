#include "services/payment/store/payment_turn.h"

#include <boost/json.hpp>

#include "platform/base/error.h"
#include "platform/base/fault_point.h"
#include "platform/runtime/log.h"
#include "services/payment/store/payment_work.h"

namespace ordersaga::payment {

using participant::ActionVerdict;
using participant::CompensationVerdict;
using participant::EffectRecord;
using participant::EffectState;
using participant::ProviderReply;

namespace {

void AnswerRefund(const EffectRecord& record, Outcome& outcome) {
  outcome.money_moved = record.state == EffectState::kReversed;
  if (!outcome.money_moved) return;
  outcome.refund_id = record.undo_answer;
  outcome.refunded = DecodeOrder(record).amount;
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

absl::Status PaymentTurn::Handle(pg::Tx& tx, std::vector<Item>& items, DatabaseClock& clock) const {
  std::vector<std::string> keys;
  for (const Item& item : items) keys.push_back(item.action_key);
  Work work;
  auto [records, now] = effects_.Load(tx, keys, clock);
  work.records = std::move(records);
  work.now = now;
  LoadMoney(tx, items, work);
  for (Item& item : items) {
    item.outcome = Outcome{};
    item.answered = true;
    item.next = Ask::kNothing;
    std::visit([&](const auto& ask) { Decide(ask, work, item); }, item.ask);
  }
  return Write(tx, work);
}

// Charges, the many, need nothing of this.
void PaymentTurn::LoadMoney(pg::Tx& tx, const std::vector<Item>& items, Work& work) const {
  std::vector<std::string> charge_keys, refund_keys;
  for (const Item& item : items) {
    if (std::holds_alternative<BeginCharge>(item.ask) || std::holds_alternative<FinishCharge>(item.ask)) continue;
    charge_keys.push_back(item.action_key);
    if (const auto* begin = std::get_if<BeginPart>(&item.ask)) refund_keys.push_back(begin->refund.key);
    if (const auto* finish = std::get_if<FinishPartOf>(&item.ask)) refund_keys.push_back(finish->refund_key);
    if (const auto* resume = std::get_if<ResumePart>(&item.ask)) refund_keys.push_back(resume->refund_key);
  }
  if (charge_keys.empty()) return;
  work.balances = ledger_.Balances(tx, charge_keys);
  for (PartialRefund& refund : ledger_.LoadRefunds(tx, refund_keys, charge_keys)) {
    std::string key = refund.key;
    work.refunds.emplace(std::move(key), std::move(refund));
  }
}

absl::Status PaymentTurn::Write(pg::Tx& tx, const Work& work) const {
  if (absl::Status status = effects_.Insert(tx, work.inserts); !status.ok()) return status;
  if (!work.inserts.empty()) FaultPoint("payment.key_inserted");
  if (work.tombstones) FaultPoint("payment.compensation_before_action");
  effects_.Update(tx, work.updates);
  if (absl::Status status = ledger_.InsertRefunds(tx, work.refund_inserts); !status.ok()) return status;
  ledger_.UpdateRefunds(tx, work.refund_updates);
  return ledger_.Post(tx, work.transfers);
}

void PaymentTurn::Decide(const BeginCharge& ask, Work& work, Item& item) const {
  const EffectRecord* stored = work.Find(ask.request.key);
  item.order = ask.order;
  item.order_id = ask.request.order_id;
  EffectRecord record = participant::NewRecord(ask.request, work.now);
  record.request = EncodeOrder(ask.order);
  switch (participant::JudgeAction(stored, ask.request, work.now)) {
    case ActionVerdict::kAnswerStored:
    case ActionVerdict::kRejectVoided:
      item.outcome.action = participant::AnswerOf(*stored);
      return;
    case ActionVerdict::kKeyReused:
      item.outcome.status = KeyReused();
      return;
    case ActionVerdict::kInProgress:
      return AskProvider(Ask::kCharge, item);
    case ActionVerdict::kRejectExpired:
      participant::Reject(record, participant::kExpired, "the charge came after its not_after");
      item.outcome.action = participant::AnswerOf(record);
      break;
    case ActionVerdict::kApply:
      AskProvider(Ask::kCharge, item);
      break;
  }
  work.inserts.push_back(std::move(record));
}

void PaymentTurn::Decide(const FinishCharge& ask, Work& work, Item& item) const {
  const EffectRecord* stored = work.Find(item.action_key);
  if (stored == nullptr) {
    item.outcome.status = Vanished();
    return;
  }
  SetOrder(*stored, item);
  std::optional<EffectRecord> record = participant::FinishAction(*stored, ask.reply, work.now);
  if (!record.has_value()) {
    if (stored->state == EffectState::kInProgress) {
      item.outcome.status = ComeBack("the provider's answer is not known yet");
    } else {
      // Settled meanwhile, by another replica or by a compensation that asked the provider itself.
      item.outcome.action = participant::AnswerOf(*stored);
    }
    return;
  }
  if (ask.reply.kind == ProviderReply::Kind::kDone) {
    work.transfers.push_back({record->action_key, Transfer::Kind::kCharge, "", record->answer, item.order.amount});
    if (record->state == EffectState::kReversing) item.next = Ask::kRefund;
  }
  item.outcome.action = participant::AnswerOf(*record);
  work.updates.push_back(*std::move(record));
}

void PaymentTurn::Decide(const BeginRefund& ask, Work& work, Item& item) const {
  const EffectRecord* stored = work.Find(ask.request.action_key);
  if (stored != nullptr) SetOrder(*stored, item);
  switch (participant::JudgeCompensation(stored, ask.request)) {
    case CompensationVerdict::kVoid:
      work.inserts.push_back(participant::Tombstone(ask.request, work.now));
      work.tombstones = true;
      return;
    case CompensationVerdict::kNothingToUndo:
      return;
    case CompensationVerdict::kAnswerStored:
      return AnswerRefund(*stored, item.outcome);
    case CompensationVerdict::kKeyReused:
      item.outcome.status = KeyReused();
      return;
    case CompensationVerdict::kInProgress:
      return AskProvider(Ask::kRefund, item);
    case CompensationVerdict::kUndoOnCompletion:
    case CompensationVerdict::kUndo:
      break;
  }
  if (const PartialRefund* part = work.UnderWay(item.action_key)) {
    // What is left is known when that one has ended.
    item.part = *part;
    item.next = Ask::kPart;
    item.outcome.status = ComeBack("a partial refund of this charge is under way");
    return;
  }
  EffectRecord record = participant::BeginUndo(*stored, ask.request, calling_(stored->action_key), work.now);
  if (record.state == EffectState::kReversing) {
    AskProvider(Ask::kRefund, item);
  } else {
    item.outcome.status = ComeBack("the charge is still under way; it will be undone");
  }
  work.updates.push_back(std::move(record));
}

void PaymentTurn::Decide(const FinishRefund& ask, Work& work, Item& item) const {
  const EffectRecord* stored = work.Find(item.action_key);
  if (stored == nullptr) {
    item.outcome.status = Vanished();
    return;
  }
  SetOrder(*stored, item);
  std::optional<EffectRecord> record = participant::FinishUndo(*stored, ask.reply, work.now);
  if (!record.has_value()) {
    if (stored->state != EffectState::kReversing) return AnswerRefund(*stored, item.outcome);
    if (ask.reply.kind == ProviderReply::Kind::kRefused) {
      LogError("the provider denies a charge it had confirmed", {{"order_id", stored->order_id}});
    }
    item.outcome.status = ComeBack("the provider could not refund; ask again");
    return;
  }
  if (record->state == EffectState::kReversed) {
    Balance balance = work.balances[item.action_key];
    if (balance.charged == 0) {
      // The charge had happened without anybody here hearing of it.
      record->answer = "found at refund";
      balance.charged = item.order.amount.minor;
      work.transfers.push_back(
          {record->action_key, Transfer::Kind::kCharge, "", record->undo_answer, item.order.amount});
    }
    if (balance.left() > 0) {
      work.transfers.push_back({record->action_key,
                                Transfer::Kind::kRefund,
                                "",
                                record->undo_answer,
                                {balance.left(), item.order.amount.currency}});
    }
  }
  AnswerRefund(*record, item.outcome);
  work.updates.push_back(*std::move(record));
}

void PaymentTurn::Decide(const Resume& /*ask*/, Work& work, Item& item) const {
  const EffectRecord* stored = work.Find(item.action_key);
  if (stored == nullptr) return;
  SetOrder(*stored, item);
  if (stored->state == EffectState::kInProgress) item.next = Ask::kCharge;
  if (stored->state == EffectState::kReversing) item.next = Ask::kRefund;
}

}  // namespace ordersaga::payment
