#include "platform/participant/core/rules.h"

#include <array>
#include <utility>

#include "platform/base/hash.h"
#include "platform/base/text.h"

namespace ordersaga::participant {

std::string_view Name(EffectState state) {
  switch (state) {
    case EffectState::kInProgress:
      return "in_progress";
    case EffectState::kApplied:
      return "applied";
    case EffectState::kRejected:
      return "rejected";
    case EffectState::kVoided:
      return "voided";
    case EffectState::kReversing:
      return "reversing";
    case EffectState::kReversed:
      return "reversed";
    case EffectState::kSettled:
      return "settled";
  }
  return "?";
}

std::optional<EffectState> ParseEffectState(std::string_view name) {
  constexpr std::array kAll = {EffectState::kInProgress, EffectState::kApplied,   EffectState::kRejected,
                               EffectState::kVoided,     EffectState::kReversing, EffectState::kReversed,
                               EffectState::kSettled};
  for (const EffectState state : kAll) {
    if (Name(state) == name) return state;
  }
  return std::nullopt;
}

ActionAnswer Applied(std::string answer) {
  return {true, "", "", std::move(answer)};
}
ActionAnswer Rejected(std::string reason, std::string message) {
  return {false, std::move(reason), std::move(message), ""};
}

bool Happened(const EffectRecord& record) {
  if (record.state == EffectState::kReversed || record.state == EffectState::kSettled) return true;
  return record.settled.has_value() && record.settled->applied;
}

void SetBody(ActionRequest& request, std::string body) {
  request.fingerprint = Fingerprint(request.order_id + '\n' + body);
  request.body = std::move(body);
}

ActionVerdict JudgeAction(const EffectRecord* record, const ActionRequest& request, absl::Time now) {
  if (record == nullptr) {
    const bool late = request.not_after.has_value() && now > *request.not_after;
    return late ? ActionVerdict::kRejectExpired : ActionVerdict::kApply;
  }
  if (record->state == EffectState::kVoided) return ActionVerdict::kRejectVoided;
  if (record->fingerprint != request.fingerprint) return ActionVerdict::kKeyReused;
  if (record->state == EffectState::kInProgress) return ActionVerdict::kInProgress;
  return ActionVerdict::kAnswerStored;
}

CompensationVerdict JudgeCompensation(const EffectRecord* record, const CompensationRequest& request) {
  if (record == nullptr) {
    return CompensationVerdict::kVoid;
  }
  if (record->order_id != request.order_id || record->lock_key.has_value()) return CompensationVerdict::kKeyReused;
  // Only what is known to have happened can have been undone by hand.
  const bool open = record->state == EffectState::kApplied || record->state == EffectState::kReversing;
  if (request.by_hand.has_value() && open && Happened(*record)) return CompensationVerdict::kSettle;
  switch (record->state) {
    case EffectState::kInProgress:
      return CompensationVerdict::kUndoOnCompletion;
    case EffectState::kApplied:
      return CompensationVerdict::kUndo;
    case EffectState::kRejected:
    case EffectState::kVoided:
      return CompensationVerdict::kNothingToUndo;
    case EffectState::kReversing:
      return CompensationVerdict::kInProgress;
    case EffectState::kReversed:
    case EffectState::kSettled:
      return CompensationVerdict::kAnswerStored;
  }
  return CompensationVerdict::kInProgress;
}

EffectRecord Tombstone(const CompensationRequest& request, absl::Time now) {
  EffectRecord record;
  record.action_key = request.action_key;
  record.order_id = request.order_id;
  record.state = EffectState::kVoided;
  record.settled = Rejected(kCompensated, "this was compensated before it happened; it will not happen");
  record.compensation_key = request.key;
  record.not_after = request.not_after;
  record.created_at = record.updated_at = now;
  return record;
}

EffectRecord NewRecord(const ActionRequest& request, absl::Time now) {
  EffectRecord record;
  record.action_key = request.key;
  record.order_id = request.order_id;
  record.lock_key = request.lock_key;
  record.fingerprint = request.fingerprint;
  record.not_after = request.not_after;
  record.request = request.body;
  record.amount = request.amount;
  record.created_at = record.updated_at = now;
  return record;
}

void Settle(EffectRecord& record, ActionAnswer answer) {
  record.state = answer.applied ? EffectState::kApplied : EffectState::kRejected;
  record.settled = std::move(answer);
}

std::optional<EffectRecord> FinishAction(const EffectRecord& stored, const ProviderReply& reply, absl::Time now) {
  if (stored.state != EffectState::kInProgress || reply.kind == ProviderReply::Kind::kUnknown) return std::nullopt;
  EffectRecord record = stored;
  record.updated_at = now;
  if (reply.kind == ProviderReply::Kind::kRefused) {
    std::string reason = CleanText(reply.reason);
    if (reason.empty()) reason = kRefusedWithoutReason;
    Settle(record, Rejected(std::move(reason), CleanText(reply.message)));
    return record;
  }
  Settle(record, Applied(CleanText(reply.answer)));
  if (record.undo_requested) record.state = EffectState::kReversing;
  return record;
}

EffectRecord BeginUndo(const EffectRecord& stored, const std::string& compensation_key, bool calling, absl::Time now) {
  EffectRecord record = stored;
  record.compensation_key = compensation_key;
  record.undo_requested = true;
  record.updated_at = now;
  if (stored.state == EffectState::kInProgress) {
    if (calling) return record;
    // Nobody was ever told that it happened, and from here on nobody will be.
    record.settled = Rejected(kCompensated, "this was compensated before its outcome was known");
  }
  record.state = EffectState::kReversing;
  return record;
}

EffectRecord SettleByHand(const EffectRecord& stored, const CompensationRequest& request, absl::Time now) {
  EffectRecord record = stored;
  record.state = EffectState::kSettled;
  record.undo_requested = true;
  record.compensation_key = request.key;
  record.undo_answer = request.by_hand->evidence;
  record.given_back = record.amount;
  record.updated_at = now;
  return record;
}

std::optional<EffectRecord> FinishUndo(const EffectRecord& stored, const ProviderReply& reply, absl::Time now) {
  if (stored.state != EffectState::kReversing || reply.kind == ProviderReply::Kind::kUnknown) return std::nullopt;
  if (reply.kind == ProviderReply::Kind::kRefused && Happened(stored)) return std::nullopt;
  EffectRecord record = stored;
  record.updated_at = now;
  record.undo_answer = CleanText(reply.answer);
  record.state = EffectState::kVoided;
  if (reply.kind == ProviderReply::Kind::kDone) {
    record.state = EffectState::kReversed;
    record.given_back = record.amount;
  }
  return record;
}

}  // namespace ordersaga::participant
