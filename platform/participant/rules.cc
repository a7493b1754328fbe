#include "platform/participant/rules.h"

#include <array>
#include <utility>

#include "platform/base/planted.h"
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
  }
  return "?";
}

std::optional<EffectState> ParseEffectState(std::string_view name) {
  constexpr std::array kAll = {EffectState::kInProgress, EffectState::kApplied,   EffectState::kRejected,
                               EffectState::kVoided,     EffectState::kReversing, EffectState::kReversed};
  for (const EffectState state : kAll) {
    if (Name(state) == name) return state;
  }
  return std::nullopt;
}

ActionVerdict JudgeAction(const EffectRecord* record, const ActionRequest& request, absl::Time now) {
  if (record == nullptr) {
    const bool late = request.not_after.has_value() && now > *request.not_after;
    return late ? ActionVerdict::kRejectExpired : ActionVerdict::kApply;
  }
  if (Planted(PlantedBug::kNoDedupe) && record->state == EffectState::kApplied) return ActionVerdict::kApply;
  if (Planted(PlantedBug::kRejectionForgotten) && record->state == EffectState::kRejected) return ActionVerdict::kApply;
  if (record->state == EffectState::kVoided) return ActionVerdict::kRejectVoided;
  if (record->fingerprint != request.fingerprint) return ActionVerdict::kKeyReused;
  if (record->state == EffectState::kInProgress) return ActionVerdict::kInProgress;
  return ActionVerdict::kAnswerStored;
}

CompensationVerdict JudgeCompensation(const EffectRecord* record, const CompensationRequest& request) {
  if (record == nullptr) {
    return Planted(PlantedBug::kNoTombstone) ? CompensationVerdict::kNothingToUndo : CompensationVerdict::kVoid;
  }
  if (record->order_id != request.order_id) return CompensationVerdict::kKeyReused;
  switch (record->state) {
    case EffectState::kInProgress:
      if (Planted(PlantedBug::kUndoInProgressIgnored)) return CompensationVerdict::kNothingToUndo;
      return CompensationVerdict::kUndoOnCompletion;
    case EffectState::kApplied:
      return CompensationVerdict::kUndo;
    case EffectState::kRejected:
    case EffectState::kVoided:
      return CompensationVerdict::kNothingToUndo;
    case EffectState::kReversing:
      return CompensationVerdict::kInProgress;
    case EffectState::kReversed:
      return CompensationVerdict::kAnswerStored;
  }
  return CompensationVerdict::kInProgress;
}

EffectRecord Tombstone(const CompensationRequest& request, absl::Time now) {
  EffectRecord record;
  record.action_key = request.action_key;
  record.order_id = request.order_id;
  record.state = EffectState::kVoided;
  record.compensation_key = request.key;
  record.not_after = request.not_after;
  record.created_at = record.updated_at = now;
  return record;
}

EffectRecord NewRecord(const ActionRequest& request, absl::Time now) {
  EffectRecord record;
  record.action_key = request.key;
  record.order_id = request.order_id;
  record.fingerprint = request.fingerprint;
  record.not_after = request.not_after;
  record.created_at = record.updated_at = now;
  return record;
}

void Reject(EffectRecord& record, std::string reason, std::string message) {
  record.state = EffectState::kRejected;
  record.reason = std::move(reason);
  record.message = std::move(message);
}

ActionAnswer AnswerOf(const EffectRecord& record) {
  if (record.state == EffectState::kVoided) {
    return {false, kCompensated, "this was compensated before it happened; it will not happen", ""};
  }
  const bool applied = record.reason.empty();
  return {applied, record.reason, record.message, applied ? record.answer : ""};
}

std::optional<EffectRecord> FinishAction(const EffectRecord& stored, const ProviderReply& reply, absl::Time now) {
  if (stored.state != EffectState::kInProgress || reply.kind == ProviderReply::Kind::kUnknown) return std::nullopt;
  EffectRecord record = stored;
  record.updated_at = now;
  if (reply.kind == ProviderReply::Kind::kRefused) {
    const std::string reason = CleanText(reply.reason);
    Reject(record, reason.empty() ? kRefusedWithoutReason : reason, CleanText(reply.message));
    return record;
  }
  record.state = record.undo_requested ? EffectState::kReversing : EffectState::kApplied;
  record.answer = CleanText(reply.answer);
  if (record.answer.empty()) record.answer = "unnamed";  // that it is not empty means: known to be done
  return record;
}

EffectRecord BeginUndo(const EffectRecord& stored, const CompensationRequest& request, bool calling, absl::Time now) {
  EffectRecord record = stored;
  record.compensation_key = request.key;
  record.undo_requested = true;
  record.updated_at = now;
  if (stored.state == EffectState::kInProgress) {
    if (calling) return record;
    // Nobody was ever told that it happened, and from here on nobody will be.
    record.reason = kCompensated;
    record.message = "this was compensated before its outcome was known";
  }
  record.state = EffectState::kReversing;
  return record;
}

std::optional<EffectRecord> FinishUndo(const EffectRecord& stored, const ProviderReply& reply, absl::Time now) {
  if (stored.state != EffectState::kReversing || reply.kind == ProviderReply::Kind::kUnknown) return std::nullopt;
  const bool known_done = !stored.answer.empty();
  if (reply.kind == ProviderReply::Kind::kRefused && known_done) return std::nullopt;
  EffectRecord record = stored;
  record.updated_at = now;
  record.state = reply.kind == ProviderReply::Kind::kDone ? EffectState::kReversed : EffectState::kVoided;
  record.undo_answer = CleanText(reply.answer);
  return record;
}

}  // namespace ordersaga::participant
