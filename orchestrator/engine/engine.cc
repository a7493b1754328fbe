#include "orchestrator/engine/engine.h"

#include <algorithm>
#include <utility>

#include "platform/base/error.h"
#include "platform/base/fault_point.h"
#include "platform/base/planted.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

// How long a turn that cannot be stored keeps those waiting who asked for it, or would ask for the next.
constexpr absl::Duration kPatience = absl::Milliseconds(500);

absl::Status NotHeld() {
  return TryAgain(absl::StatusCode::kUnavailable, "SHARD_NOT_HELD",
                  "no replica here holds this order's shard yet; send it again with the same key",
                  absl::Milliseconds(200));
}

}  // namespace

Engine::Engine(EngineOptions options, const Definitions& definitions, SagaStore& store, ShardStore& shard_store,
               Participant& participant, EventPublisher& publisher, const Clock& clock, Rng& rng)
    : options_(std::move(options)),
      definitions_(definitions),
      store_(store),
      shard_store_(shard_store),
      wall_(clock),
      rng_(rng),
      clock_(clock, options_.lease),
      health_(options_.lease),
      shards_(options_.owner, options_.address, options_.shards, options_.lease),
      calls_(participant, options_.max_calls, options_.reserved_calls, stats_,
             [this](Calls::Answered answered) {
               Leave([this, answered = std::move(answered)]() mutable {
                 const CallParticipant& command = answered.command;
                 calls_.OnAnswered(command);
                 FaultPoint("orchestrator.reply_received_not_committed");
                 inputs_.push_back(SagaInput{answered.saga, ToEvent(command, std::move(answered.reply)), nullptr});
               });
             }),
      relay_(
          store, publisher, options_.relay, stats_, [this](Closure closure) { Post(std::move(closure)); },
          [this](Closure closure) { Leave(std::move(closure)); }),
      spacing_(options_.turns_apart) {}

void Engine::PlaceOrder(PlaceRequest request, PlaceDone done) {
  Leave([this, input = PlaceInput{std::move(request), std::move(done)}]() mutable {
    inputs_.push_back(std::move(input));
  });
}

void Engine::CancelOrder(Uuid id, std::string reason, RequestDone done) {
  Leave([this, input = SagaInput{id, CancelRequested{std::move(reason)}, std::move(done)}]() mutable {
    inputs_.push_back(std::move(input));
  });
}

void Engine::RetrySaga(Uuid id, std::string by, std::string reason, RequestDone done) {
  Leave([this, input = SagaInput{id, OperatorRetry{std::move(by), std::move(reason)}, std::move(done)}]() mutable {
    inputs_.push_back(std::move(input));
  });
}

absl::Duration Engine::Step(const std::vector<Closure>& closures) {
  // Before anything else: after a pause, what is held may be held no longer.
  for (const int shard : shards_.Expire(clock_.Monotonic())) {
    LogWarn("shard lease ran out", {{"shard", std::to_string(shard)}});
    Forget(shard);
  }
  if (!std::exchange(started_, true)) RenewLeases();
  for (const Closure& closure : closures) closure();
  while (!later_.empty() && later_.begin()->first <= clock_.Monotonic()) {
    Closure closure = std::move(later_.begin()->second);
    later_.erase(later_.begin());
    closure();
  }
  if (MayBegin()) BuildTurn();
  if (Refusing()) RefuseCallers();
  calls_.Send();
  const absl::Duration relay_wait = relay_.Pump(clock_.Monotonic());
  if (draining_) TryToRetire();
  return std::min(relay_wait, NextWake());
}

absl::Status Engine::Ready() const {
  if (absl::Status status = health_.Check(clock_.Monotonic()); !status.ok()) return status;
  if (stats_.shards_loaded == 1) return absl::OkStatus();
  return absl::UnavailableError("shards are still being loaded");
}

// Another replica may have the shard, or this one soon; unless it lost all it had because its database is away.
absl::Status Engine::NotUsable() const {
  return health_.Lost(clock_.Monotonic()) ? DatabaseAway() : NotHeld();
}

// A turn is out that the database has refused for a while, or left in doubt: whoever asks is told at once. His request
// has not been looked at, so the same one again is safe.
bool Engine::Refusing() const {
  return committing_ && health_.Failing(clock_.Monotonic()) > kPatience;
}

void Engine::RefuseCallers() {
  std::deque<Input> inputs = std::exchange(inputs_, {});
  for (Input& input : inputs) {
    if (auto* place = std::get_if<PlaceInput>(&input)) {
      place->done(DatabaseAway());
    } else if (auto& asked = std::get<SagaInput>(input); asked.done) {
      asked.done(DatabaseAway());
    } else {
      inputs_.push_back(std::move(input));
    }
  }
}

// How long there is nothing to build a turn from.
absl::Duration Engine::NextTurn() const {
  if (!inputs_.empty()) return absl::ZeroDuration();
  for (Calls::Lane lane = 0; lane < Calls::kLanes; ++lane) {
    if (!postponed_[lane].empty() && calls_.CanTake(lane)) return absl::ZeroDuration();
  }
  if (!CanFetchMore() || timers_.Next() == absl::InfiniteFuture()) return absl::InfiniteDuration();
  return timers_.Next() - clock_.Peek();
}

absl::Duration Engine::NextWake() const {
  absl::Duration wake = absl::Seconds(1);  // also how late an idle stream's position is saved
  if (!later_.empty()) wake = std::min(wake, later_.begin()->first - clock_.Monotonic());
  if (!committing_) {
    // While turns are apart inputs may lie in the mailbox, unseen.
    const absl::Duration apart = spacing_.Wait(clock_.Monotonic());
    wake = std::min(wake, apart > absl::ZeroDuration() ? apart : NextTurn());
  }
  return std::max(wake, absl::ZeroDuration());
}

void Engine::After(absl::Duration wait, Closure closure) {
  later_.emplace(clock_.Monotonic() + wait, std::move(closure));
}

void Engine::BuildTurn() {
  const absl::Time now = clock_.Now();
  CollectDue(now);
  ResumePostponed();
  AdmitWaiting();
  for (std::size_t handled = 0; handled < options_.max_turn && !inputs_.empty(); ++handled) {
    Input input = std::move(inputs_.front());
    inputs_.pop_front();
    std::visit([&](auto& item) { Handle(std::move(item), now); }, input);
  }
  ReadAwaited();
  SavePositions();
  if (turn_.empty()) return;
  spacing_.Began(turn_.size(), clock_.Monotonic());
  Submit();
}

void Engine::Handle(PlaceInput input, absl::Time now) {
  PlaceRequest& request = input.request;
  if (request.deadline <= wall_.Now()) return input.done(absl::DeadlineExceededError("too late"));
  const int shard = shards_.ShardOf(request.key);
  if (draining_ || shards_.Usable(shard) == nullptr) return input.done(NotUsable());
  if (StagedSaga* twin = turn_.FindKey(request.key)) {
    twin->placed.emplace_back(std::move(input.done), request.key.fingerprint);
    return;
  }
  if (!HasRoomForOneMore()) {
    ++stats_.orders_refused;
    return input.done(TryAgain(absl::StatusCode::kResourceExhausted, "TOO_MANY_WAITING",
                               "too many orders are waiting to be processed", absl::Seconds(1)));
  }
  auto order = std::make_shared<Order>();
  order->id = Uuid::MakeV7(now, shard, rng_);
  order->lines = std::move(request.lines);
  order->user_email = std::move(request.user_email);
  order->total = request.total;
  order->created_at = now;
  order->traceparent = std::move(request.traceparent);
  const std::string fingerprint = request.key.fingerprint;
  const Definition& definition = definitions_.newest();
  const bool start = waiting_.total() == 0 && calls_.Room(definition.steps[0].participant) > starts_staged_;
  if (start) ++starts_staged_;
  ++creates_staged_;
  StagedSaga& staged = turn_.Add(nullptr, DecideNew(definition, {order, start}, now), std::move(request.key));
  staged.placed.emplace_back(std::move(input.done), fingerprint);
}

bool Engine::HasRoomForOneMore() const {
  if (waiting_.total() >= options_.max_waiting) return false;
  if (options_.max_wait == absl::InfiniteDuration()) return true;
  // Those in back-off are not at work: they hold nobody up.
  const auto under_way = waiting_.total() + static_cast<std::int64_t>(sagas_.size() + creates_staged_);
  return pace_.Expected(under_way, clock_.Monotonic()) <= options_.max_wait;
}

const Definition* Engine::DefinitionOf(const Saga& saga) const {
  const Definition* definition = definitions_.Find(saga.definition_version);
  if (definition == nullptr) {
    LogError("saga began with a definition that this program does not know; left alone",
             {{"order_id", saga.id().ToString()}, {"version", std::to_string(saga.definition_version)}});
  }
  return definition;
}

void Engine::Handle(SagaInput input, absl::Time now) {
  const int shard = input.id.shard();
  if (std::holds_alternative<Admitted>(input.event)) waiting_.Decided(shard);
  if (shards_.Usable(shard) == nullptr) {
    // An answer nobody waits for any more is dropped; a caller is told.
    if (input.done) input.done(NotUsable());
    return;
  }
  const StagedSaga* staged = turn_.Find(input.id);
  const auto found = sagas_.find(input.id);
  if (staged == nullptr && found == sagas_.end()) return Fetch(std::move(input));
  // A copy: staging moves things about.
  const Saga saga = staged != nullptr ? staged->write.saga : found->second;
  const Definition* definition = DefinitionOf(saga);
  if (definition == nullptr) {
    sagas_.erase(input.id);
    if (input.done) {
      input.done(MakeError(absl::StatusCode::kFailedPrecondition, "UNKNOWN_DEFINITION",
                           "this replica is older than the saga's definition"));
    }
    return;
  }
  absl::StatusOr<Decision> decision = Decide(*definition, saga, input.event, now, rng_.Fraction());
  if (decision.ok()) {
    Stage(saga, *std::move(decision), std::move(input.done));
  } else {
    if (input.done) input.done(decision.status());
    if (decision.status().code() == absl::StatusCode::kInternal) {
      ParkImpossible(saga, *definition, decision.status(), now);
    }
  }
  ForgetIfIdle(input.id);
}

void Engine::ParkImpossible(const Saga& saga, const Definition& definition, const absl::Status& why, absl::Time now) {
  LogError("saga is in an impossible state; parking it",
           {{"order_id", saga.id().ToString()}, {"rule", MessageOf(why)}});
  absl::StatusOr<Decision> parking = Decide(definition, saga, FaultFound{"INVARIANT_BROKEN"}, now, 0.0);
  if (parking.ok()) return Stage(saga, *std::move(parking), nullptr);
  // Not even that may be decided for it: a minimal update.
  if (turn_.Find(saga.id()) == nullptr) turn_.Park(saga.id(), "INVARIANT_BROKEN");
}

void Engine::Stage(const Saga& before, Decision decision, RequestDone done) {
  const bool staged_already = turn_.Find(before.id()) != nullptr;
  if (Planted(PlantedBug::kActBeforeCommit)) {
    for (const CallParticipant& command : std::exchange(decision.commands, {})) CallOrPostpone(decision.next, command);
  }
  if (!decision.changed && !staged_already) {
    // Nothing to store; a call, if there is one, repeats one that was recorded before.
    for (const CallParticipant& command : decision.commands) CallOrPostpone(decision.next, command);
    if (done) done(absl::OkStatus());
    return;
  }
  StagedSaga& staged = turn_.Add(staged_already ? nullptr : &before, std::move(decision), std::nullopt);
  if (done) staged.requested.push_back(std::move(done));
}

void Engine::CallOrPostpone(const Saga& saga, const CallParticipant& command) {
  const Definition* definition = DefinitionOf(saga);
  if (definition == nullptr || calls_.Make(*definition, saga, command)) return;
  const Uuid id = saga.id();  // saga may be what is erased
  postponed_[Calls::LaneOf(command.participant, command.compensation)].push_back(id);
  sagas_.erase(id);
}

// Nothing of it is under way: it is not kept in memory.
bool Engine::IsIdle(const Saga& saga) {
  return saga.finished() || !saga.parked.empty() || saga.due_at.has_value() || saga.phase == Phase::kWaiting;
}

void Engine::ForgetIfIdle(const Uuid& id) {
  const auto found = sagas_.find(id);
  if (found != sagas_.end() && turn_.Find(id) == nullptr && IsIdle(found->second)) sagas_.erase(found);
}

}  // namespace ordersaga::orchestrator
