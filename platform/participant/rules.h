// The participant contract as a pure core: what to do with a request, given what is stored under its action's key.
// Used by every service here, and by tests and simulation; knows no clock, database or protocol.
//
// The action's key is the one place where an action and its compensation meet. A compensation that comes first takes
// that place with a tombstone (kVoided), which the late action then finds. Background: the fence of dtm's barrier and
// of Seata's TCC fence ("null compensation", "suspension").
//
// A local effect (stock) goes from nothing to kApplied or kRejected, and from kApplied to kReversed, each in one
// transaction. An external effect (money at a provider, a mail) has a state in between for "asked, not heard":
// kInProgress and kReversing. Begin* and Finish* below are its steps; each is stored before the provider is called.
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
  std::string reason;   // stable code; not empty: the action was answered "rejected", or never answered and now barred
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
  kKeyReused,         // the action belongs to another order: refuse, store nothing
};
CompensationVerdict JudgeCompensation(const EffectRecord* record, const CompensationRequest& request);

// Stable reasons of rejections that come from these rules.
inline constexpr char kCompensated[] = "COMPENSATED";
inline constexpr char kExpired[] = "EXPIRED";
inline constexpr char kKeyReused[] = "IDEMPOTENCY_KEY_REUSED";
inline constexpr char kRefusedWithoutReason[] = "REFUSED";

// The records that the verdicts kVoid, kApply and kRejectExpired lead to; the last two go through NewRecord.
EffectRecord Tombstone(const CompensationRequest& request, absl::Time now);
EffectRecord NewRecord(const ActionRequest& request, absl::Time now);
void Reject(EffectRecord& record, std::string reason, std::string message);

// How a record answers its action. Requires a record whose action is settled: not kInProgress.
struct ActionAnswer {
  bool applied = false;
  std::string reason;
  std::string message;
  std::string answer;

  bool operator==(const ActionAnswer&) const = default;
};
ActionAnswer AnswerOf(const EffectRecord& record);

// External effects. What a provider said, of an action or of its undoing.
struct ProviderReply {
  enum class Kind {
    kDone,
    kRefused,  // of an action: a business no. Of an undoing: there was nothing to undo, and the key is barred
    kUnknown,  // no answer, or a failure: ask again with the same key
  };
  Kind kind = Kind::kUnknown;
  std::string answer;   // the provider's own id, if done
  std::string reason;   // stable code, if refused
  std::string message;  // foreign text; made safe here
};

// Of an action in progress: the record to store, or nullopt if there is nothing new (unknown; or settled meanwhile by
// another process or by a compensation, whose word then counts).
std::optional<EffectRecord> FinishAction(const EffectRecord& stored, const ProviderReply& reply, absl::Time now);

// For the verdicts kUndo and kUndoOnCompletion. `calling`: the provider is being asked for the action right now, by
// this process, so its answer will come and be undone then. Otherwise the provider is asked to undo, which settles an
// action whose outcome nobody knows.
EffectRecord BeginUndo(const EffectRecord& stored, const CompensationRequest& request, bool calling, absl::Time now);

// Of an undoing under way: the record to store, or nullopt if there is nothing new. A provider that says "nothing was
// done" about an action it had confirmed contradicts itself: that is nothing new either.
std::optional<EffectRecord> FinishUndo(const EffectRecord& stored, const ProviderReply& reply, absl::Time now);

}  // namespace ordersaga::participant
