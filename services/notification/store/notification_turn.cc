#include "services/notification/store/notification_turn.h"

#include "platform/base/error.h"
#include "platform/base/fault_point.h"

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
  outcome.action = participant::AnswerOf(record);
}

void SendAfterwards(const EffectRecord& record, Item& item) {
  item.send = true;
  item.notice = DecodeNotice(record.action_key, record.order_id, record.request);
  item.created_at = record.created_at;
}

}  // namespace

absl::Status NotificationTurn::Handle(pg::Tx& tx, std::vector<Item>& items, DatabaseClock& clock) const {
  std::vector<std::string> keys;
  for (const Item& item : items) keys.push_back(item.action_key);
  Work work;
  auto [records, now] = effects_.Load(tx, keys, clock);
  work.records = std::move(records);
  work.now = now;
  for (Item& item : items) {
    item.outcome = Outcome{};
    item.send = false;
    std::visit([&](const auto& ask) { Decide(ask, work, item); }, item.ask);
  }
  if (absl::Status status = effects_.Insert(tx, work.inserts); !status.ok()) return status;
  if (!work.inserts.empty()) FaultPoint("notification.key_inserted");
  effects_.Update(tx, work.updates);
  return absl::OkStatus();
}

void NotificationTurn::Decide(const Begin& ask, Work& work, Item& item) const {
  const EffectRecord* stored = work.Find(ask.request.key);
  EffectRecord record = participant::NewRecord(ask.request, work.now);
  record.request = EncodeNotice(ask.notice);
  switch (participant::JudgeAction(stored, ask.request, work.now)) {
    case ActionVerdict::kAnswerStored:
    case ActionVerdict::kRejectVoided:  // nobody compensates a notification, but the rules know how
      return AnswerFrom(*stored, item.outcome);
    case ActionVerdict::kInProgress:
      return SendAfterwards(*stored, item);
    case ActionVerdict::kKeyReused:
      item.outcome.status = MakeError(absl::StatusCode::kFailedPrecondition, participant::kKeyReused,
                                      "idempotency_key was used before with another request");
      return;
    case ActionVerdict::kRejectExpired:
      participant::Reject(record, participant::kExpired, "the notice came after its not_after");
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
  if (stored == nullptr) {
    item.outcome.status = MakeError(absl::StatusCode::kInternal, "INVARIANT_BROKEN", "the notice's row has vanished");
    return;
  }
  item.notice = DecodeNotice(stored->action_key, stored->order_id, stored->request);
  participant::ProviderReply reply;
  if (ask.sent.ok()) {
    reply.kind = participant::ProviderReply::Kind::kDone;
    reply.answer = MessageIdOf(stored->action_key);
  }
  std::optional<EffectRecord> record = participant::FinishAction(*stored, reply, work.now);
  if (record.has_value()) {
    AnswerFrom(*record, item.outcome);
    work.updates.push_back(*std::move(record));
  } else if (stored->state == EffectState::kInProgress) {
    item.outcome.status = TryAgain(absl::StatusCode::kUnavailable, "NOT_SENT", MessageOf(ask.sent), absl::Seconds(1));
  } else {
    AnswerFrom(*stored, item.outcome);
  }
}

void NotificationTurn::Decide(const Resume& /*ask*/, Work& work, Item& item) const {
  const EffectRecord* stored = work.Find(item.action_key);
  if (stored != nullptr && stored->state == EffectState::kInProgress) SendAfterwards(*stored, item);
}

}  // namespace ordersaga::notification
