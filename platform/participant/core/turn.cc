// Requests of one turn never meet: no two share a lock key. So each is decided by itself, from the records as they were
// loaded. An action: judged by its key; if it is new and a part, by its whole; then applied, or stored in progress and
// asked of the provider. A compensation: judged by its action's key, and waits for a part under way. What the provider
// said settles the record; if an undoing was asked for meanwhile, the provider is asked for that next.
#include "platform/participant/core/turn.h"

#include <fmt/format.h>

#include <utility>

#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/participant/core/calls.h"

namespace ordersaga::participant {
namespace {

constexpr absl::Duration kPause = absl::Milliseconds(300);

absl::Status ComeBack(const char* message) {
  return TryAgain(absl::StatusCode::kUnavailable, "IN_PROGRESS", message, kPause);
}
absl::Status KeyReused(const char* message) {
  return MakeError(absl::StatusCode::kFailedPrecondition, kKeyReused, message);
}
// A row that this process wrote a moment ago and that nothing ever deletes is not there.
absl::Status Vanished() {
  return MakeError(absl::StatusCode::kInternal, "INVARIANT_BROKEN", "the effect's row has vanished");
}

// Why the provider's answer is not known.
absl::Status NotKnown(const ProviderReply& reply) {
  const std::string message = CleanText(reply.message);
  return TryAgain(absl::StatusCode::kUnavailable, reply.reason.empty() ? "IN_PROGRESS" : reply.reason,
                  message.empty() ? "the provider's answer is not known yet" : message, reply.pause);
}

class Decider {
 public:
  Decider(const Loaded& loaded, const Calls& calls, Effects& effects)
      : loaded_(loaded), calls_(calls), effects_(effects) {}

  void Decide(const ActionRequest& request, Decided& decided);
  void Decide(const CompensationRequest& request, Decided& decided);
  void Decide(const Answered& answered, Decided& decided);
  void Decide(const Resume& resume, Decided& decided);

  Turn turn;

 private:
  const EffectRecord* Find(const std::string& key) const {
    const auto found = loaded_.records.find(key);
    return found == loaded_.records.end() ? nullptr : &found->second;
  }
  const EffectRecord* PartUnderWay(const std::string& whole_key) const;
  Ask AskOf(Ask::What what, const EffectRecord& record) const;
  void Await(Ask::What what, const EffectRecord& record, Decided& decided) const;
  void Tell(const EffectRecord& record, Decided& decided) const;

  bool MayBegin(const ActionRequest& request, Decided& decided) const;
  void Begin(EffectRecord record, Decided& decided);
  void BeginUndoing(const EffectRecord& stored, const CompensationRequest& request, Decided& decided);
  void BookByHand(const EffectRecord& stored, const CompensationRequest& request, Decided& decided);
  void ResumeUndoing(const EffectRecord& stored, Decided& decided);
  void Update(const EffectRecord& stored, EffectRecord record, Decided& decided);
  void CountInWhole(const EffectRecord& part);

  const Loaded& loaded_;
  const Calls& calls_;
  Effects& effects_;
};

const EffectRecord* Decider::PartUnderWay(const std::string& whole_key) const {
  for (const auto& [key, record] : loaded_.records) {
    if (record.lock_key == whole_key && UnderWay(record)) return &record;
  }
  return nullptr;
}

Ask Decider::AskOf(Ask::What what, const EffectRecord& record) const {
  Ask ask{what, record, std::nullopt};
  if (!record.lock_key.has_value()) return ask;
  if (const EffectRecord* whole = Find(*record.lock_key)) ask.whole = *whole;
  return ask;
}

void Decider::Await(Ask::What what, const EffectRecord& record, Decided& decided) const {
  decided.awaited = true;
  decided.ask = AskOf(what, record);
}

// What a record that is settled says to its action and to its compensation.
void Decider::Tell(const EffectRecord& record, Decided& decided) const {
  if (record.settled.has_value()) decided.outcome.action = *record.settled;
  decided.outcome.by_hand = record.state == EffectState::kSettled;
  decided.outcome.undone = record.state == EffectState::kReversed || decided.outcome.by_hand;
  decided.outcome.record = record;
}

void Decider::Decide(const ActionRequest& request, Decided& decided) {
  const EffectRecord* stored = Find(request.key);
  EffectRecord record = NewRecord(request, loaded_.now);
  switch (JudgeAction(stored, request, loaded_.now)) {
    case ActionVerdict::kAnswerStored:
    case ActionVerdict::kRejectVoided:
      return Tell(*stored, decided);
    case ActionVerdict::kKeyReused:
      decided.outcome.status = KeyReused("idempotency_key was used before with another request");
      return;
    case ActionVerdict::kInProgress:
      return Await(Ask::What::kDo, *stored, decided);
    case ActionVerdict::kRejectExpired:
      Settle(record, Rejected(kExpired, "the request came after its not_after"));
      break;
    case ActionVerdict::kApply:
      if (!MayBegin(request, decided)) return;
      return Begin(std::move(record), decided);
  }
  decided.outcome.fresh = true;
  Tell(record, decided);
  turn.inserts.push_back(std::move(record));
}

// A part begins on a whole whose action is answered, one part at a time.
bool Decider::MayBegin(const ActionRequest& request, Decided& decided) const {
  if (!request.lock_key.has_value()) return true;
  const EffectRecord* whole = Find(*request.lock_key);
  if (whole == nullptr) {
    decided.outcome.status = MakeError(absl::StatusCode::kNotFound, "NOT_FOUND", "what this is a part of is not known");
  } else if (whole->order_id != request.order_id || whole->lock_key.has_value()) {
    decided.outcome.status = KeyReused("what this is a part of belongs to another order_id, or is a part itself");
  } else if (whole->state == EffectState::kInProgress) {
    decided.outcome.status = ComeBack("what this is a part of is under way");
  } else if (const EffectRecord* other = PartUnderWay(*request.lock_key)) {
    // Its caller may never come back; it must not stand in the way for ever.
    decided.ask = AskOf(Ask::What::kDo, *other);
    decided.outcome.status = ComeBack("another part of the same is under way");
  } else {
    return true;
  }
  return false;
}

// Whether there is enough left to give back is for the service to refuse, and for the table. That something is there
// to give back is seen to here, whatever the service says.
void Decider::Begin(EffectRecord record, Decided& decided) {
  const EffectRecord* whole = record.lock_key.has_value() ? Find(*record.lock_key) : nullptr;
  std::optional<ActionAnswer> answer = effects_.Refuse(record, whole);
  if (!answer.has_value() && whole != nullptr && whole->state != EffectState::kApplied) {
    answer = Rejected(kNothingThere, "what this is a part of is not there, or is being undone");
  }
  if (!answer.has_value()) answer = effects_.Apply(record);
  if (answer.has_value()) {
    Settle(record, *std::move(answer));
    if (Happened(record)) CountInWhole(record);
    decided.outcome.fresh = true;
    Tell(record, decided);
  } else {
    Await(Ask::What::kDo, record, decided);
  }
  turn.inserts.push_back(std::move(record));
}

void Decider::Decide(const CompensationRequest& request, Decided& decided) {
  const EffectRecord* stored = Find(request.action_key);
  switch (JudgeCompensation(stored, request)) {
    case CompensationVerdict::kVoid:
      turn.inserts.push_back(Tombstone(request, loaded_.now));
      turn.tombstones = true;
      return;
    case CompensationVerdict::kNothingToUndo:
      return;
    case CompensationVerdict::kAnswerStored:
      return Tell(*stored, decided);
    case CompensationVerdict::kKeyReused:
      decided.outcome.status = KeyReused("the action belongs to another order_id, or is a part of another action");
      return;
    case CompensationVerdict::kInProgress:
      return Await(Ask::What::kUndo, *stored, decided);
    case CompensationVerdict::kSettle:
      return BookByHand(*stored, request, decided);
    case CompensationVerdict::kUndoOnCompletion:
    case CompensationVerdict::kUndo:
      return BeginUndoing(*stored, request, decided);
  }
}

void Decider::BeginUndoing(const EffectRecord& stored, const CompensationRequest& request, Decided& decided) {
  if (const EffectRecord* part = PartUnderWay(stored.action_key)) {
    // How much is left is known when that one has ended.
    decided.ask = AskOf(Ask::What::kDo, *part);
    decided.outcome.status = ComeBack("a part of it is under way");
    return;
  }
  const bool calling = calls_.Has(stored.action_key);
  EffectRecord record = BeginUndo(stored, request.key, calling, loaded_.now);
  if (record.state != EffectState::kReversing) {
    decided.outcome.status = ComeBack("the action is still under way; it will be undone");
  } else if (Happened(stored) && effects_.Undo(stored)) {
    record = *FinishUndo(record, {ProviderReply::Kind::kDone, stored.settled->answer}, loaded_.now);
    return Update(stored, std::move(record), decided);
  } else {
    Await(Ask::What::kUndo, record, decided);
  }
  turn.updates.push_back({&stored, std::move(record)});
}

// Not while the provider, or a part, may still give some of it back.
void Decider::BookByHand(const EffectRecord& stored, const CompensationRequest& request, Decided& decided) {
  if (calls_.Has(LockOf(stored)) || PartUnderWay(stored.action_key) != nullptr) {
    decided.outcome.status = ComeBack("the provider is being asked right now");
    return;
  }
  const std::int64_t left = stored.amount - stored.given_back;
  if (request.by_hand->amount != left) {
    decided.outcome.status =
        MakeError(absl::StatusCode::kFailedPrecondition, "SETTLEMENT_MISMATCH",
                  fmt::format("{} was settled by hand, and {} is left", request.by_hand->amount, left));
    return;
  }
  Update(stored, SettleByHand(stored, request, loaded_.now), decided);
}

// Stores what is settled now.
void Decider::Update(const EffectRecord& stored, EffectRecord record, Decided& decided) {
  decided.outcome.fresh = true;
  Tell(record, decided);
  if (Happened(record) && !Happened(stored)) CountInWhole(record);
  turn.updates.push_back({&stored, std::move(record)});
}

// A part that has happened counts in its whole; of anything else there is nothing to count.
void Decider::CountInWhole(const EffectRecord& part) {
  const EffectRecord* whole = part.lock_key.has_value() ? Find(*part.lock_key) : nullptr;
  if (whole == nullptr) return;
  EffectRecord counted = *whole;
  counted.given_back += part.amount;
  counted.updated_at = loaded_.now;
  turn.updates.push_back({whole, std::move(counted)});
}

void Decider::Decide(const Answered& answered, Decided& decided) {
  const EffectRecord* stored = Find(answered.key);
  if (stored == nullptr) {
    decided.outcome.status = Vanished();
    return;
  }
  const bool undo = answered.what == Ask::What::kUndo;
  std::optional<EffectRecord> record =
      undo ? FinishUndo(*stored, answered.reply, loaded_.now) : FinishAction(*stored, answered.reply, loaded_.now);
  if (record.has_value()) {
    if (record->state == EffectState::kReversing) decided.ask = AskOf(Ask::What::kUndo, *record);
    return Update(*stored, *std::move(record), decided);
  }
  // Nothing new; or it was settled meanwhile, by another process or by a compensation that asked the provider itself.
  Tell(*stored, decided);
  if (stored->state == (undo ? EffectState::kReversing : EffectState::kInProgress)) {
    decided.outcome.status = NotKnown(answered.reply);
  }
}

void Decider::Decide(const Resume& resume, Decided& decided) {
  const EffectRecord* stored = Find(resume.key);
  if (stored == nullptr || !UnderWay(*stored)) return;
  if (stored->state == EffectState::kInProgress && stored->undo_requested) return ResumeUndoing(*stored, decided);
  const bool undo = stored->state == EffectState::kReversing;
  decided.ask = AskOf(undo ? Ask::What::kUndo : Ask::What::kDo, *stored);
}

// Its undoing was to follow the action's answer. If that is still to come to this process, it will; else nobody waits
// for it, and the provider is asked to undo, as a repeated compensation would have it.
void Decider::ResumeUndoing(const EffectRecord& stored, Decided& decided) {
  if (calls_.Has(stored.action_key)) return;
  EffectRecord record = BeginUndo(stored, stored.compensation_key, /*calling=*/false, loaded_.now);
  decided.ask = AskOf(Ask::What::kUndo, record);
  turn.updates.push_back({&stored, std::move(record)});
}

}  // namespace

Turn DecideTurn(const Requests& requests, const Loaded& loaded, const Calls& calls, Effects& effects) {
  Decider decider(loaded, calls, effects);
  for (const Request* request : requests) {
    Decided decided;
    std::visit([&](const auto& one) { decider.Decide(one, decided); }, *request);
    decider.turn.decided.push_back(std::move(decided));
  }
  return std::move(decider.turn);
}

std::vector<const EffectRecord*> Concerned(const Requests& requests, const Loaded& loaded,
                                           std::vector<EffectRecord>& fresh) {
  fresh.reserve(requests.size());  // pointers into it are handed out
  std::vector<const EffectRecord*> concerned;
  for (const Request* request : requests) {
    const auto stored = loaded.records.find(KeyOf(*request));
    if (const auto* action = std::get_if<ActionRequest>(request)) {
      if (stored == loaded.records.end()) concerned.push_back(&fresh.emplace_back(NewRecord(*action, loaded.now)));
    } else if (stored != loaded.records.end() && stored->second.state == EffectState::kApplied) {
      concerned.push_back(&stored->second);
    }
  }
  return concerned;
}

}  // namespace ordersaga::participant
