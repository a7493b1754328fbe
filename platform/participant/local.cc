#include "platform/participant/local.h"

#include <utility>

#include "platform/base/hash.h"

namespace ordersaga::participant {

// What one turn reads once and writes once.
struct LocalTurn::Work {
  pg::Tx& tx;
  EffectStore::Records records;
  absl::Time now;
  std::vector<EffectRecord> inserts;
  std::vector<EffectRecord> updates;
  bool tombstones = false;
  std::vector<EffectRecord> planned;  // of the actions that are new, for Open

  const EffectRecord* Find(const std::string& key) const {
    const auto found = records.find(key);
    return found == records.end() ? nullptr : &found->second;
  }
};

namespace {

EffectRecord RecordOf(const LocalItem::Action& action, absl::Time now) {
  EffectRecord record = NewRecord(action.request, now);
  record.request = action.body;
  return record;
}

absl::Status KeyReused() {
  return MakeError(absl::StatusCode::kFailedPrecondition, kKeyReused,
                   "idempotency_key was used before with another request");
}

absl::Status NeverInProgress() {
  return MakeError(absl::StatusCode::kInternal, "INVARIANT_BROKEN", "a local effect cannot be in progress");
}

}  // namespace

LocalTurn::LocalTurn(const std::string& name, LocalEffects& effects)
    : service_(effects),
      key_inserted_(name + ".key_inserted"),
      tombstone_inserted_(name + ".compensation_before_action") {}

absl::Status LocalTurn::Handle(pg::Tx& tx, std::vector<LocalItem>& items, DatabaseClock& clock) const {
  std::vector<std::string> keys;
  for (const LocalItem& item : items) keys.push_back(item.action_key);
  EffectStore::Loaded loaded = effects_.Load(tx, keys, clock);
  Work work{tx, std::move(loaded.records), loaded.now, {}, {}, false, {}};
  service_.Open(tx, Concerned(items, work));
  for (LocalItem& item : items) {
    item.outcome = LocalOutcome{};
    std::visit([&](const auto& ask) { Decide(ask, work, item.outcome); }, item.ask);
  }
  if (absl::Status status = effects_.Insert(tx, work.inserts); !status.ok()) return status;
  if (!work.inserts.empty()) FaultPoint(key_inserted_.c_str());
  if (work.tombstones) FaultPoint(tombstone_inserted_.c_str());
  effects_.Update(tx, work.updates);
  return service_.Close(tx);
}

std::vector<const EffectRecord*> LocalTurn::Concerned(const std::vector<LocalItem>& items, Work& work) const {
  work.planned.reserve(items.size());  // pointers into it are handed out
  std::vector<const EffectRecord*> concerned;
  for (const LocalItem& item : items) {
    const EffectRecord* stored = work.Find(item.action_key);
    if (const auto* action = std::get_if<LocalItem::Action>(&item.ask)) {
      if (stored == nullptr) concerned.push_back(&work.planned.emplace_back(RecordOf(*action, work.now)));
    } else if (stored != nullptr && stored->state == EffectState::kApplied) {
      concerned.push_back(stored);
    }
  }
  return concerned;
}

void LocalTurn::Decide(const LocalItem::Action& action, Work& work, LocalOutcome& outcome) const {
  const EffectRecord* stored = work.Find(action.request.key);
  const ActionVerdict verdict = JudgeAction(stored, action.request, work.now);
  switch (verdict) {
    case ActionVerdict::kAnswerStored:
    case ActionVerdict::kRejectVoided:
      outcome.action = AnswerOf(*stored);
      return;
    case ActionVerdict::kKeyReused:
      outcome.status = KeyReused();
      return;
    case ActionVerdict::kInProgress:
      outcome.status = NeverInProgress();
      return;
    case ActionVerdict::kRejectExpired:
    case ActionVerdict::kApply:
      break;
  }
  EffectRecord record = RecordOf(action, work.now);
  if (verdict == ActionVerdict::kRejectExpired) {
    Reject(record, kExpired, "the request came after its not_after");
  } else if (std::optional<Refusal> refusal = service_.Apply(work.tx, record)) {
    Reject(record, std::move(refusal->reason), std::move(refusal->message));
  } else {
    record.state = EffectState::kApplied;
  }
  outcome.fresh = true;
  outcome.action = AnswerOf(record);
  work.inserts.push_back(std::move(record));
}

void LocalTurn::Decide(const CompensationRequest& request, Work& work, LocalOutcome& outcome) const {
  const EffectRecord* stored = work.Find(request.action_key);
  switch (JudgeCompensation(stored, request)) {
    case CompensationVerdict::kVoid:
      work.inserts.push_back(Tombstone(request, work.now));
      work.tombstones = true;
      return;
    case CompensationVerdict::kNothingToUndo:
      return;
    case CompensationVerdict::kAnswerStored:
      outcome.undone = true;
      return;
    case CompensationVerdict::kKeyReused:
      outcome.status =
          MakeError(absl::StatusCode::kFailedPrecondition, kKeyReused, "the action belongs to another order_id");
      return;
    case CompensationVerdict::kUndoOnCompletion:
    case CompensationVerdict::kInProgress:
      outcome.status = NeverInProgress();
      return;
    case CompensationVerdict::kUndo:
      break;
  }
  service_.Undo(work.tx, *stored);
  EffectRecord record = *stored;
  record.state = EffectState::kReversed;
  record.compensation_key = request.key;
  record.undo_requested = true;
  record.undo_answer = record.answer;
  record.updated_at = work.now;
  outcome.undone = true;
  outcome.fresh = true;
  work.updates.push_back(std::move(record));
}

LocalParticipant::LocalParticipant(const std::string& name, TurnLoopOptions options, const Clock& clock,
                                   LocalEffects& effects)
    : turn_(name, effects),
      loop_(std::move(options), clock,
            {[this](pg::Tx& tx, std::vector<LocalItem>& items, DatabaseClock& clock) {
               return turn_.Handle(tx, items, clock);
             },
             [](LocalItem& item) { item.done(item.outcome); },
             [](LocalItem& item, const absl::Status& status) {
               LocalOutcome outcome;
               outcome.status = status;
               item.done(outcome);
             },
             name}) {}

void LocalParticipant::Act(ActionRequest request, std::string body, absl::Time deadline, Done done) {
  request.fingerprint = Fingerprint(request.order_id + '\n' + body);
  const std::string key = request.key;
  loop_.Submit({key, deadline, LocalItem::Action{std::move(request), std::move(body)}, {}, std::move(done)});
}

void LocalParticipant::Compensate(CompensationRequest request, absl::Time deadline, Done done) {
  const std::string key = request.action_key;
  loop_.Submit({key, deadline, std::move(request), {}, std::move(done)});
}

}  // namespace ordersaga::participant
