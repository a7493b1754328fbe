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
//
// A part is an action that gives back some of another one, its whole: a partial refund of a charge. It has a key of its
// own and names its whole's key as its lock key. Of all that shares a lock key, one thing happens at a time.
#pragma once

#include <cstdint>
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
  kSettled,  // undone by hand, outside the provider: a person says so, and the provider is not asked any more
};
std::string_view Name(EffectState state);
std::optional<EffectState> ParseEffectState(std::string_view name);

// What an action is answered.
struct ActionAnswer {
  bool applied = false;
  std::string reason;   // of a rejection: a stable code, UPPER_SNAKE
  std::string message;  // the same in words
  std::string answer;   // of an effect that is there: the participant's own id of it

  bool operator==(const ActionAnswer&) const = default;
};
ActionAnswer Applied(std::string answer);
ActionAnswer Rejected(std::string reason, std::string message);

// What is stored under an action's key.
struct EffectRecord {
  std::string action_key;
  std::string order_id;
  std::optional<std::string> lock_key;  // of a part: its whole's key
  std::string fingerprint;              // of the action's request; a tombstone has none
  EffectState state = EffectState::kInProgress;
  bool undo_requested = false;  // a compensation of it came while it was there or under way
  std::string compensation_key;
  std::optional<absl::Time> not_after;
  std::optional<ActionAnswer> settled;  // what the action is answered from now on; none as long as nobody knows
  std::string request;                  // what the action was asked to do, as the service chooses to write it
  std::int64_t amount = 0;              // how much it asks for, in the service's own unit; 0 where nothing is counted
  std::int64_t given_back = 0;          // how much of that its parts and its undoing have given back
  std::string undo_answer;
  absl::Time created_at;
  absl::Time updated_at;
};

// The key that is locked for whatever happens to the record.
inline const std::string& LockOf(const EffectRecord& record) {
  return record.lock_key.has_value() ? *record.lock_key : record.action_key;
}
// The effect is or was there, and somebody here knows it.
bool Happened(const EffectRecord& record);
// Something may have been asked of a provider that has not answered.
inline bool UnderWay(const EffectRecord& record) {
  return record.state == EffectState::kInProgress || record.state == EffectState::kReversing;
}

struct ActionRequest {
  std::string key;
  std::string order_id;
  std::string fingerprint;
  std::optional<absl::Time> not_after;
  std::optional<std::string> lock_key = {};  // EffectRecord has these three too
  std::string body = {};
  std::int64_t amount = 0;
};
// Gives the request its body, in the canonical form that the service gets back as EffectRecord::request, and the
// fingerprint that follows from it.
void SetBody(ActionRequest& request, std::string body);

enum class ActionVerdict {
  kApply,          // nobody has been here: do it
  kAnswerStored,   // applied, rejected or reversed: the answer that was given then
  kRejectVoided,   // compensated already: COMPENSATED
  kRejectExpired,  // too late: EXPIRED, and store that
  kKeyReused,      // the key was used with another body: refuse, store nothing
  kInProgress,     // the same request is under way: join it, or ask the caller to come back
};
ActionVerdict JudgeAction(const EffectRecord* record, const ActionRequest& request, absl::Time now);

// A person has undone an effect by hand. `amount`: of what was left of it, in the service's own unit.
struct Settlement {
  std::int64_t amount = 0;
  std::string evidence;  // where that can be looked up; clean text
};

struct CompensationRequest {
  std::string key;
  std::string action_key;
  std::string order_id;
  std::optional<absl::Time> not_after;
  std::optional<Settlement> by_hand = {};  // the undoing has been done; it is only to be booked
};

enum class CompensationVerdict {
  kVoid,              // unseen: take the action's place with a tombstone; nothing moved
  kNothingToUndo,     // rejected or voided
  kUndo,              // applied: undo it
  kAnswerStored,      // reversed or settled: the answer that was given then
  kUndoOnCompletion,  // in progress: mark it; ask the caller to come back until it is undone
  kInProgress,        // reversing: join it, or ask the caller to come back
  kSettle,            // there, or being undone, and settled by hand: book that
  kKeyReused,         // the action belongs to another order, or is a part: refuse, store nothing
};
CompensationVerdict JudgeCompensation(const EffectRecord* record, const CompensationRequest& request);

// Stable reasons of rejections that come from these rules.
inline constexpr char kCompensated[] = "COMPENSATED";
inline constexpr char kExpired[] = "EXPIRED";
inline constexpr char kKeyReused[] = "IDEMPOTENCY_KEY_REUSED";
inline constexpr char kNothingThere[] = "NOTHING_THERE";  // a part of what is not applied, or no longer
inline constexpr char kRefusedWithoutReason[] = "REFUSED";

// The records that the verdicts kVoid, kApply and kRejectExpired lead to; the last two go through NewRecord and Settle.
EffectRecord Tombstone(const CompensationRequest& request, absl::Time now);
EffectRecord NewRecord(const ActionRequest& request, absl::Time now);
// kApplied or kRejected, as the answer says.
void Settle(EffectRecord& record, ActionAnswer answer);

// External effects. What a provider said, of an action or of its undoing.
struct ProviderReply {
  enum class Kind {
    kDone,
    kRefused,  // of an action: a business no. Of an undoing: there was nothing to undo, and the key is barred
    kUnknown,  // no answer, or a failure: ask again with the same key
  };
  Kind kind = Kind::kUnknown;
  std::string answer = {};   // the provider's own id, if done
  std::string reason = {};   // stable code, if refused; if unknown, the error's reason, unless that is IN_PROGRESS
  std::string message = {};  // foreign text; made safe here
  absl::Duration pause = absl::Milliseconds(300);  // if unknown: for which the caller is asked to wait
};

// Of an action in progress: the record to store, or nullopt if there is nothing new (unknown; or settled meanwhile by
// another process or by a compensation, whose word then counts).
std::optional<EffectRecord> FinishAction(const EffectRecord& stored, const ProviderReply& reply, absl::Time now);

// For the verdicts kUndo and kUndoOnCompletion, and when such an undoing is resumed. `calling`: the provider is being
// asked for the action right now, by this process, so its answer will come and be undone then. Otherwise the provider
// is asked to undo, which settles an action whose outcome nobody knows: it undoes the action, or bars its key. To ask
// for the action first, only to learn its outcome, might take money that nobody wants any more.
EffectRecord BeginUndo(const EffectRecord& stored, const std::string& compensation_key, bool calling, absl::Time now);

// For the verdict kSettle: the record to store.
EffectRecord SettleByHand(const EffectRecord& stored, const CompensationRequest& request, absl::Time now);

// Of an undoing under way: the record to store, or nullopt if there is nothing new. A provider that says "nothing was
// done" about an action it had confirmed contradicts itself: that is nothing new either.
std::optional<EffectRecord> FinishUndo(const EffectRecord& stored, const ProviderReply& reply, absl::Time now);

}  // namespace ordersaga::participant
