// Inputs go in at the back of one queue and come out at its front. Before each turn Collect adds what the engine owes
// itself: timers that are due, sagas whose lane has room again, and orders that wait to start. Of those the oldest of
// one shard at a time are read, as many as there is room for, and the shards have their turns. What nobody waits for is
// kept apart, and joins the queue when the queue is not empty, or when it has waited long enough (docs/adr/0013).
#include "orchestrator/engine/agenda.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "platform/base/error.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

// Accepted, and its first step has not started.
bool WaitsToStart(const Saga& saga) {
  return saga.phase == Phase::kWaiting && saga.parked.empty();
}

// Nothing of it is under way.
bool IsIdle(const Saga& saga) {
  return saga.finished() || !saga.parked.empty() || saga.due_at.has_value() || saga.phase == Phase::kWaiting;
}

}  // namespace

Agenda::Agenda(Loop& loop, SagaStore& store, Leases& leases, const Calls& calls, const Definitions& definitions,
               Stats& stats, absl::Duration patience)
    : loop_(loop),
      store_(store),
      leases_(leases),
      calls_(calls),
      definitions_(definitions),
      stats_(stats),
      patience_(patience),
      memory_(loop, store, leases, [this](SagaInput input) { inputs_.push_back(std::move(input)); }),
      postponed_(calls.lanes()) {}

void Agenda::Collect(absl::Time now, bool admit) {
  CollectDue(now);
  ResumePostponed();
  if (admit) AdmitWaiting();
  CollectPatient(admit);
}

void Agenda::Add(Input input) {
  if (!CanWait(input)) return inputs_.push_back(std::move(input));
  if (patient_.empty()) patient_until_ = loop_.now() + patience_;
  patient_.push_back(std::move(input));
}

// Its customer has been told of the ending; what is left of the saga is to be done some time soon.
bool Agenda::CanWait(const Input& input) const {
  const auto* about = std::get_if<SagaInput>(&input);
  if (about == nullptr || about->done) return false;
  const Saga* saga = memory_.Find(about->id);
  return saga != nullptr && saga->status != Status::kPending;
}

void Agenda::CollectPatient(bool admit) {
  const bool alone = inputs_.empty() && admit && loop_.now() < patient_until_;
  if (patient_.empty() || alone) return;
  std::move(patient_.begin(), patient_.end(), std::back_inserter(inputs_));
  patient_.clear();
}

std::optional<Agenda::Item> Agenda::Next() {
  while (!inputs_.empty()) {
    Input input = std::move(inputs_.front());
    inputs_.pop_front();
    auto* about = std::get_if<SagaInput>(&input);
    if (about == nullptr) return Item{std::move(input), std::nullopt};
    const Uuid id = about->id;
    if (std::holds_alternative<Admitted>(about->event)) waiting_.Decided(id.shard());
    if (leases_.Usable(id.shard()) == nullptr) return Item{std::move(input), std::nullopt};
    if (const Saga* saga = memory_.Find(id)) return Item{std::move(input), *saga};
    memory_.Await(std::move(*about));
  }
  return std::nullopt;
}

absl::Duration Agenda::UntilNext() const {
  if (!inputs_.empty()) return absl::ZeroDuration();
  for (Calls::Lane lane = 0; lane < calls_.lanes(); ++lane) {
    if (!postponed_[lane].empty() && calls_.CanTake(lane)) return absl::ZeroDuration();
  }
  const absl::Duration patient = patient_.empty() ? absl::InfiniteDuration() : patient_until_ - loop_.now();
  if (!memory_.CanAwait() || timers_.Next() == absl::InfiniteFuture()) return patient;
  return std::min(patient, timers_.Next() - loop_.clock().Peek());
}

void Agenda::RefuseCallers(const absl::Status& why) {
  std::deque<Input> inputs = std::exchange(inputs_, {});
  for (Input& input : inputs) {
    if (auto* place = std::get_if<PlaceInput>(&input)) {
      place->done(why);
    } else if (auto* hold = std::get_if<HoldInput>(&input)) {
      hold->done(why);
    } else if (auto* events = std::get_if<EventsInput>(&input)) {
      events->done(why);
    } else if (auto& about = std::get<SagaInput>(input); about.done) {
      about.done(why);
    } else {
      inputs_.push_back(std::move(input));
    }
  }
}

void Agenda::CollectDue(absl::Time now) {
  while (memory_.CanAwait()) {
    const auto due = timers_.PopDue(now);
    if (!due.has_value()) return;
    const auto& [at, id] = *due;
    if (leases_.Usable(id.shard()) == nullptr) continue;
    // One that is in memory has moved on since, and its call is out; or it has just been read for another reason.
    const Saga* saga = memory_.Find(id);
    if (saga == nullptr) {
      memory_.Await({id, TimerDue{}, nullptr});
    } else if (saga->due_at == at) {
      inputs_.push_back(SagaInput{id, TimerDue{}, nullptr});
    }
  }
}

void Agenda::ResumePostponed() {
  for (Calls::Lane lane = 0; lane < calls_.lanes(); ++lane) {
    for (std::size_t i = 0; i < kBatch / 2 && !postponed_[lane].empty() && calls_.CanTake(lane); ++i) {
      inputs_.push_back(SagaInput{postponed_[lane].front(), Resumed{}, nullptr});
      postponed_[lane].pop_front();
    }
  }
}

std::size_t Agenda::RoomToStart() const {
  return calls_.Room(definitions_.newest().steps[0].participant);
}

void Agenda::AdmitWaiting() {
  const std::size_t room = RoomToStart();
  if (room == 0 || reading_waiting_) return;
  const std::optional<int> shard = waiting_.NextToRead();
  if (!shard.has_value()) return;
  reading_waiting_ = true;
  waiting_.ReadBegins(*shard);
  const int limit = static_cast<int>(std::min(room, kBatch));
  store_.ReadWaiting(*shard, limit,
                     loop_.Then<&Agenda::OnWaitingRead>(this, *shard, leases_.Find(*shard)->token, limit));
}

void Agenda::OnWaitingRead(int shard, std::int64_t token, int limit, const absl::StatusOr<SagasRead>& read) {
  if (!read.ok()) {
    return loop_.After(kPause, [this, shard] {
      reading_waiting_ = false;
      waiting_.ReadEnds(shard, 0, 0, false);
    });
  }
  reading_waiting_ = false;
  if (!leases_.Owns(shard, token) || leases_.Usable(shard) == nullptr) return;
  LogUnreadable(*read);
  std::int64_t taken = 0;
  for (const Saga& saga : read->sagas) {
    if (!memory_.PutIfAbsent(saga)) continue;
    inputs_.push_back(SagaInput{saga.id(), Admitted{}, nullptr});
    ++taken;
  }
  const auto found = static_cast<std::int64_t>(read->sagas.size());
  waiting_.ReadEnds(shard, found, taken, found < limit);
}

void Agenda::Settle(const Saga* before, const Saga& saga) {
  const int shard = saga.id().shard();
  const bool waited = before != nullptr && WaitsToStart(*before);
  if (IsIdle(saga) && !WaitsToStart(saga)) pace_.Ended(1, loop_.now());
  if (WaitsToStart(saga) && !waited) waiting_.Add(shard);
  if (!WaitsToStart(saga) && waited) waiting_.Remove(shard);
  const int was_parked = before != nullptr && !before->parked.empty() ? 1 : 0;
  if (const auto parked = parked_.find(shard); parked != parked_.end()) {
    parked->second += (saga.parked.empty() ? 0 : 1) - was_parked;
  }
  if (leases_.Usable(shard) == nullptr) return;
  if (saga.due_at.has_value()) timers_.Set(*saga.due_at, saga.id());
  if (IsIdle(saga)) {
    memory_.Forget(saga.id());
  } else {
    memory_.PutIfAbsent(saga);  // it is there, unless the shard was lost and taken again meanwhile
  }
}

void Agenda::ForgetIfIdle(const Uuid& id) {
  const Saga* saga = memory_.Find(id);
  if (saga != nullptr && IsIdle(*saga)) memory_.Forget(id);
}

void Agenda::Postpone(const Uuid& id, Calls::Lane lane) {
  postponed_[lane].push_back(id);
  memory_.Forget(postponed_[lane].back());  // `id` may be part of what is erased
}

void Agenda::Hold(const Uuid& id, std::string_view participant, Calls::Lane lane) {
  const Uuid saga = id;  // `id` may be part of what is erased
  on_hold_[std::string(participant)].insert_or_assign(saga, lane);
  memory_.Forget(saga);
}

// Each goes on as if its lane had room now: a batch at a time.
void Agenda::Release(std::string_view participant) {
  const auto held = on_hold_.find(participant);
  if (held == on_hold_.end()) return;
  for (const auto& [id, lane] : held->second) postponed_[lane].push_back(id);
  on_hold_.erase(held);
}

void Agenda::AddShard(const ShardContents& contents) {
  waiting_.SetShard(contents.shard, contents.waiting);
  parked_[contents.shard] = contents.parked;
  for (const OpenSaga& open : contents.open) Resume(open);
}

// An unfinished saga of a shard just loaded. Its call may have been made by another owner; it will be made again.
void Agenda::Resume(const OpenSaga& open) {
  if (open.due_at.has_value()) return timers_.Set(*open.due_at, open.id);
  const Definition* definition = definitions_.Find(open.definition_version);
  if (definition == nullptr || open.step >= definition->steps.size()) {
    LogError("saga began with a definition that this program does not know; left alone",
             {{"order_id", open.id.ToString()}, {"version", std::to_string(open.definition_version)}});
    return;
  }
  postponed_[calls_.LaneOf(definition->steps[open.step].participant, open.compensating)].push_back(open.id);
}

void Agenda::DropShard(int shard) {
  waiting_.DropShard(shard);
  parked_.erase(shard);
  memory_.DropShard(shard);
  for (std::deque<Uuid>& lane : postponed_) {
    std::erase_if(lane, [&](const Uuid& id) { return id.shard() == shard; });
  }
  for (auto& [participant, sagas] : on_hold_) {
    std::erase_if(sagas, [&](const auto& saga) { return saga.first.shard() == shard; });
  }
}

absl::Duration Agenda::Expected() const {
  // Those in back-off are not at work: they hold nobody up.
  const auto under_way = waiting_.total() + static_cast<std::int64_t>(memory_.size());
  return pace_.Expected(under_way, loop_.now());
}

void Agenda::UpdateLevels() {
  stats_.sagas_in_memory = static_cast<std::int64_t>(memory_.size());
  stats_.sagas_waiting = waiting_.total();
  std::int64_t parked = 0;
  for (const auto& [shard, count] : parked_) parked += count;
  stats_.sagas_parked = parked;
}

}  // namespace ordersaga::orchestrator
