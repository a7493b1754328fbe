#include "platform/participant/rules.h"

#include <array>

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
  if (record->state == EffectState::kVoided) return ActionVerdict::kRejectVoided;
  if (record->fingerprint != request.fingerprint) return ActionVerdict::kKeyReused;
  if (record->state == EffectState::kInProgress) return ActionVerdict::kInProgress;
  return ActionVerdict::kAnswerStored;
}

CompensationVerdict JudgeCompensation(const EffectRecord* record) {
  if (record == nullptr) return CompensationVerdict::kVoid;
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

}  // namespace ordersaga::participant
