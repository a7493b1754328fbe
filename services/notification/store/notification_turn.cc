#include "services/notification/store/notification_turn.h"

#include "platform/base/error.h"

namespace ordersaga::notification {

using participant::ActionVerdict;
using participant::EffectRecord;
using participant::EffectState;

// What one turn reads once and writes once.
struct NotificationTurn::Work {
  absl::Time now;
  participant::EffectStore::Records records;
  std::vector<EffectRecord> inserts;
  std::vector<EffectRecord> updates;

  const EffectRecord* Find(const std::string& key) const {
    const auto found = records.find(key);
    return found == records.end() ? nullptr : &found->second;
  }
};

namespace {

void AnswerFrom(const EffectRecord& record, Outcome& outcome) {
  outcome.applied = record.state == EffectState::kApplied;
  outcome.reason = record.reason;
  outcome.message_id = record.answer;
}

void SendAfterwards(const EffectRecord& record, Item& item) {
  item.send = true;
  item.notice = DecodeNotice(record.action_key, record.order_id, record.request);
  item.created_at = record.created_at;
}

}  // namespace

absl::Status NotificationTurn::Handle(pg::Tx& tx, std::vector<Item>& items) const {
  std::vector<std::string> keys;
  for (const Item& item : items) keys.push_back(item.action_key);
  Work work{effects_.Now(tx), effects_.Load(tx, keys), {}, {}};
  for (Item& item : items) {
    item.outcome = Outcome{};
    item.send = false;
    std::visit([&](const auto& ask) { Decide(ask, work, item); }, item.ask);
  }
  if (absl::Status status = effects_.Insert(tx, work.inserts); !status.ok()) return status;
  effects_.Update(tx, work.updates);
  return absl::OkStatus();
}

void NotificationTurn::Decide(const Begin& ask, Work& work, Item& item) const {
  const EffectRecord* stored = work.Find(ask.request.key);
  EffectRecord record = participant::NewRecord(ask.request, work.now);
  record.request = EncodeNotice(ask.notice);
  switch (participant::JudgeAction(stored, ask.request, work.now)) {
    case ActionVerdict::kAnswerStored:
      return AnswerFrom(*stored, item.outcome);
    case ActionVerdict::kInProgress:
      return SendAfterwards(*stored, item);
    case ActionVerdict::kRejectVoided:  // nobody compensates a notification
    case ActionVerdict::kKeyReused:
      item.outcome.status = MakeError(absl::StatusCode::kFailedPrecondition, participant::kKeyReused,
                                      "idempotency_key was used before with another request");
      return;
    case ActionVerdict::kRejectExpired:
      record.state = EffectState::kRejected;
      record.reason = participant::kExpired;
      record.message = "the notice came after not_after";
      AnswerFrom(record, item.outcome);
      break;
    case ActionVerdict::kApply:
      record.state = EffectState::kInProgress;
      SendAfterwards(record, item);
      break;
  }
  work.inserts.push_back(std::move(record));
}

void NotificationTurn::Decide(const Finish& ask, Work& work, Item& item) const {
  const EffectRecord* stored = work.Find(item.action_key);
  if (stored->state != EffectState::kInProgress) return AnswerFrom(*stored, item.outcome);
  if (!ask.sent.ok()) {
    item.outcome.status = TryAgain(absl::StatusCode::kUnavailable, "NOT_SENT", MessageOf(ask.sent), absl::Seconds(1));
    return;
  }
  EffectRecord record = *stored;
  record.state = EffectState::kApplied;
  item.notice = DecodeNotice(record.action_key, record.order_id, record.request);
  record.answer = Compose(item.notice, record.created_at).message_id;
  record.updated_at = work.now;
  AnswerFrom(record, item.outcome);
  work.updates.push_back(std::move(record));
}

void NotificationTurn::Decide(const Resume& /*ask*/, Work& work, Item& item) const {
  const EffectRecord* stored = work.Find(item.action_key);
  if (stored != nullptr && stored->state == EffectState::kInProgress) SendAfterwards(*stored, item);
}

}  // namespace ordersaga::notification
