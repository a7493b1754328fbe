// The participant contract as a pure core: what to do with a request, given what is stored under its action's key.
// Used by every service here, and by tests and simulation; knows no clock, database or protocol.
//
// The action's key is the one place where an action and its compensation meet. A compensation that comes first takes
// that place with a tombstone (kVoided), which the late action then finds. Background: the fence of dtm's barrier and
// of Seata's TCC fence ("null compensation", "suspension").
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace ordersaga::participant {

// Stored by name: never rename.
enum class EffectState {
  kInProgress,  // external effects: the provider may have been called
  kApplied,
  kRejected,
  kVoided,     // tombstone: compensated before it happened; it never will
  kReversing,  // external effects: the provider may have been asked to undo
  kReversed,
};
std::string_view Name(EffectState state);
std::optional<EffectState> ParseEffectState(std::string_view name);

// What is stored under an action's key.
struct EffectRecord {
  std::string action_key;
  std::string order_id;
  std::string fingerprint;  // of the action's request; empty for a tombstone
  EffectState state = EffectState::kInProgress;
  bool undo_requested = false;  // a compensation came while the action was in progress
  std::string compensation_key;
  std::optional<absl::Time> not_after;
  std::string reason;   // stable code of a rejection
  std::string message;  // the same in words
  std::string request;  // what the action was asked to do, as the service chooses to write it
  std::string answer;   // the participant's own id of the effect
  std::string undo_answer;
  absl::Time created_at;
  absl::Time updated_at;
};

struct ActionRequest {
  std::string key;
  std::string order_id;
  std::string fingerprint;
  std::optional<absl::Time> not_after;
};

enum class ActionVerdict {
  kApply,          // nobody has been here: do it
  kAnswerStored,   // applied, rejected or reversed: the answer that was given then
  kRejectVoided,   // compensated already: COMPENSATED
  kRejectExpired,  // too late: EXPIRED, and store that
  kKeyReused,      // the key was used with another body: refuse, store nothing
  kInProgress,     // the same request is under way: join it, or ask the caller to come back
};
ActionVerdict JudgeAction(const EffectRecord* record, const ActionRequest& request, absl::Time now);

struct CompensationRequest {
  std::string key;
  std::string action_key;
  std::string order_id;
  std::optional<absl::Time> not_after;
};

enum class CompensationVerdict {
  kVoid,              // unseen: take the action's place with a tombstone; nothing moved
  kNothingToUndo,     // rejected or voided
  kUndo,              // applied: undo it
  kAnswerStored,      // reversed: the answer that was given then
  kUndoOnCompletion,  // in progress: mark it; ask the caller to come back until it is undone
  kInProgress,        // reversing: join it, or ask the caller to come back
};
CompensationVerdict JudgeCompensation(const EffectRecord* record);

// Stable reasons of rejections that come from these rules.
inline constexpr char kCompensated[] = "COMPENSATED";
inline constexpr char kExpired[] = "EXPIRED";
inline constexpr char kKeyReused[] = "IDEMPOTENCY_KEY_REUSED";

// The records that the verdicts kVoid and kRejectExpired (as a stored rejection) lead to.
EffectRecord Tombstone(const CompensationRequest& request, absl::Time now);
EffectRecord NewRecord(const ActionRequest& request, absl::Time now);

}  // namespace ordersaga::participant
