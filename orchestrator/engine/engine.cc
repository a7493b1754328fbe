// Step, in this order: shards whose lease has run out are dropped (first of all: after a pause of the process, what was
// owned may be owned no longer); what was posted runs; a turn is built and sent if none is in flight; calls leave; the
// relay publishes.
//
// Building a turn decides and stages, and sends nothing. After the commit the participants are asked first, for orders
// wait for them; then the callers are answered. The calls that were lost with a process are made again by the next
// owner of the shard, from what is stored.
#include "orchestrator/engine/engine.h"

#include <algorithm>
#include <utility>

#include "platform/base/error.h"
#include "platform/base/fault_point.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

absl::Status NotOwned() {
  return TryAgain(absl::StatusCode::kUnavailable, "SHARD_NOT_OWNED",
                  "no replica here owns this order's shard yet; send it again with the same key",
                  absl::Milliseconds(200));
}

absl::Status LogMissing() {
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "LOG_MISSING",
      "the database has no operator log yet: run orchestrator migrate --apply, and start this replica again");
}

std::size_t Reserved(std::int64_t max_calls) {
  return static_cast<std::size_t>(std::max<std::int64_t>(1, max_calls / 10));
}

void LogEvents(const StagedSaga& staged) {
  const std::string id = staged.write.saga.id().ToString();
  for (const DomainEvent& event : staged.write.events) {
    LogInfo(event.type->routing_key, {{"order_id", id}, {"reason", event.reason}});
  }
}

}  // namespace

Engine::Engine(EngineOptions options, const Definitions& definitions, SagaStore& store, ShardStore& shard_store,
               Participant& participant, EventPublisher& publisher, const Clock& clock, Rng& rng)
    : options_(std::move(options)),
      definitions_(definitions),
      wall_(clock),
      rng_(rng),
      health_(options_.lease),
      loop_(clock, options_.lease),
      shards_(options_.owner, options_.address, options_.lease, loop_, store, shard_store, health_, stats_),
      calls_(participant, definitions.participants(), static_cast<std::size_t>(options_.max_calls),
             Reserved(options_.max_calls), stats_,
             [this](Calls::Answered answered) {
               loop_.Enqueue([this, answered = std::move(answered)]() mutable {
                 const CallParticipant& command = answered.command;
                 calls_.OnAnswered(command);
                 FaultPoint("orchestrator.reply_received_not_committed");
                 agenda_.Add(SagaInput{answered.saga, ToEvent(command, std::move(answered.reply)), nullptr});
               });
             }),
      relay_(store, publisher, options_.relay, stats_, loop_),
      agenda_(loop_, store, shards_.leases(), calls_, definitions_, stats_, options_.patience),
      client_orders_(options_.max_open_per_client),
      flight_(loop_, store, shards_.leases(), relay_, health_, stats_, options_.turns_apart, options_.log_key, *this) {
  shards_.Add(relay_);
  shards_.Add(calls_);
  shards_.Add(agenda_);
  shards_.Add(client_orders_);
}

void Engine::Enqueue(Input input) {
  loop_.Enqueue([this, input = std::move(input)]() mutable { agenda_.Add(std::move(input)); });
}

void Engine::PlaceOrder(PlaceRequest request, PlaceDone done) {
  Enqueue(PlaceInput{std::move(request), std::move(done)});
}

void Engine::CancelOrder(Uuid id, CancelRequested request, RequestDone done) {
  Enqueue(SagaInput{id, std::move(request), std::move(done)});
}

void Engine::Operate(Uuid id, VerbAsked asked, RequestDone done) {
  Enqueue(SagaInput{id, std::move(asked), std::move(done)});
}

void Engine::HoldParticipant(HoldRequest request, RequestDone done) {
  Enqueue(HoldInput{std::move(request), std::move(done)});
}

void Engine::ReleaseEvents(EventsRequest request, RequestDone done) {
  Enqueue(EventsInput{std::move(request), std::move(done)});
}

void Engine::Drain(absl::Duration patience, Closure done) {
  loop_.Post([this, patience, done = std::move(done)] { shards_.Drain(patience, done); });
}

absl::Duration Engine::Step(const std::vector<Closure>& closures) {
  shards_.Expire();
  loop_.Run(closures);
  ApplyHolds();
  if (flight_.MayBegin()) BuildTurn();
  if (flight_.Refusing()) agenda_.RefuseCallers(DatabaseAway());
  calls_.Send();
  const absl::Duration relay_wait = relay_.Pump();
  if (shards_.draining() && !flight_.committing()) shards_.Retire(relay_.idle());
  shards_.UpdateLevels();
  agenda_.UpdateLevels();
  constexpr absl::Duration kLongest = absl::Seconds(1);  // also how late an idle stream's position is saved
  return std::max(std::min({kLongest, relay_wait, loop_.UntilDue(), UntilTurn()}), absl::ZeroDuration());
}

// How long until a turn may be built and there is something to build it from.
absl::Duration Engine::UntilTurn() const {
  if (flight_.committing()) return absl::InfiniteDuration();
  // While turns are apart inputs may lie in the mailbox, unseen.
  const absl::Duration apart = flight_.UntilNext();
  return apart > absl::ZeroDuration() ? apart : agenda_.UntilNext();
}

absl::Status Engine::Ready() const {
  if (absl::Status status = health_.Check(loop_.now()); !status.ok()) return status;
  if (stats_.shards_loaded == 1) return absl::OkStatus();
  return absl::UnavailableError("shards are still being loaded");
}

// Another replica may have the shard, or this one soon; unless it lost all it had because its database is away.
absl::Status Engine::NotUsable() const {
  return health_.Lost(loop_.now()) ? DatabaseAway() : NotOwned();
}

void Engine::BuildTurn() {
  const absl::Time now = loop_.clock().Now();
  agenda_.Collect(now, !shards_.draining());
  for (std::int64_t handled = 0; handled < options_.max_turn; ++handled) {
    std::optional<Agenda::Item> item = agenda_.Next();
    if (!item.has_value()) break;
    if (auto* place = std::get_if<PlaceInput>(&item->input)) {
      Handle(std::move(*place), now);
    } else if (auto* hold = std::get_if<HoldInput>(&item->input)) {
      Handle(std::move(*hold), now);
    } else if (auto* events = std::get_if<EventsInput>(&item->input)) {
      Handle(std::move(*events), now);
    } else if (auto& about = std::get<SagaInput>(item->input); item->saga.has_value()) {
      Handle(std::move(about), *item->saga, now);
    } else if (about.done) {
      about.done(NotUsable());  // an answer that nobody waits for any more is dropped; a caller is told
    }
  }
  agenda_.Read();
  flight_.SavePositions(shards_.draining());
  flight_.Begin();
}

void Engine::Handle(PlaceInput input, absl::Time now) {
  PlaceRequest& request = input.request;
  if (request.deadline <= wall_.Now()) return input.done(absl::DeadlineExceededError("too late"));
  const int shard = shards_.leases().ShardOf(request.key);
  if (shards_.draining() || shards_.leases().Usable(shard) == nullptr) return input.done(NotUsable());
  StagedTurn& turn = flight_.turn();
  const std::string fingerprint = request.key.fingerprint;
  if (StagedSaga* twin = turn.FindKey(request.key)) {
    twin->placed.emplace_back(std::move(input.done), fingerprint);
    return;
  }
  if (absl::Status status = CheckRoom(request.key.client); !status.ok()) {
    ++stats_.orders_refused;
    return input.done(std::move(status));
  }
  auto order = std::make_shared<Order>();
  order->id = Uuid::MakeV7(now, shard, rng_);
  order->lines = std::move(request.lines);
  order->user_email = std::move(request.user_email);
  order->client = request.key.client;
  order->total = request.total;
  order->created_at = now;
  order->traceparent = std::move(request.traceparent);
  const bool start = agenda_.waiting() == 0 && agenda_.RoomToStart() > turn.starts();
  Decision decision = DecideNew(definitions_.newest(), {std::move(order), start}, now);
  StagedSaga& staged = turn.Add(nullptr, std::move(decision), std::move(request.key));
  staged.placed.emplace_back(std::move(input.done), fingerprint);
  agenda_.Put(staged.write.saga);
}

// For one order more.
absl::Status Engine::CheckRoom(const std::string& client) const {
  const bool too_slow = options_.max_wait > absl::ZeroDuration() && agenda_.Expected() > options_.max_wait;
  if (too_slow || agenda_.waiting() >= options_.max_waiting) {
    return TryAgain(absl::StatusCode::kResourceExhausted, "TOO_MANY_WAITING",
                    "too many orders are waiting to be processed", absl::Seconds(1));
  }
  if (client_orders_.HasRoom(client)) return absl::OkStatus();
  return TryAgain(absl::StatusCode::kResourceExhausted, "TOO_MANY_OPEN_ORDERS",
                  "this client has as many orders under way as it may", absl::Seconds(1));
}

const Definition* Engine::DefinitionOf(const Saga& saga) const {
  const Definition* definition = definitions_.Find(saga.definition_version);
  if (definition == nullptr) {
    LogError("saga began with a definition that this program does not know; left alone",
             {{"order_id", saga.id().ToString()}, {"version", std::to_string(saga.definition_version)}});
  }
  return definition;
}

// What has changed of the holds since they were looked at.
void Engine::ApplyHolds() {
  for (const std::string_view participant : definitions_.participants()) {
    const bool held = holds().Of(participant).has_value();
    if (held == calls_.IsHeld(participant)) continue;
    LogWarn(held ? "participant is on hold: nobody asks it" : "participant is released",
            {{"participant", std::string(participant)}});
    if (held) {
      for (const auto& [saga, lane] : calls_.Hold(participant)) agenda_.Hold(saga, participant, lane);
    } else {
      calls_.Release(participant);
      agenda_.Release(participant);
    }
  }
}

// A saga that is to go on by itself, and whose participant is on hold, waits; one whose participant was on hold is told
// for how long.
bool Engine::WaitsForHold(SagaInput& input, const Definition& definition, const Saga& saga, absl::Time now) {
  const bool by_itself = std::holds_alternative<TimerDue>(input.event) || std::holds_alternative<Resumed>(input.event);
  if (!by_itself || saga.finished() || saga.phase == Phase::kWaiting || !saga.parked.empty()) return false;
  const std::string_view participant = definition.steps[saga.step].participant;
  if (calls_.IsHeld(participant)) {
    agenda_.Hold(input.id, participant, calls_.LaneOf(participant, saga.steps[saga.step].compensating()));
    return true;
  }
  const absl::Duration held = holds().Between(participant, saga.updated_at, now);
  // Its timer may have fired before this replica had heard of the release: there is no other.
  const bool timer_lost = std::holds_alternative<Resumed>(input.event) && saga.due_at.has_value();
  if (held > absl::ZeroDuration() || timer_lost) input.event = HoldEnded{held};
  return false;
}

void Engine::Handle(HoldInput input, absl::Time now) {
  const HoldRequest& request = input.request;
  const OwnedShard* owned = shards_.leases().Usable(0);
  if (shards_.draining() || owned == nullptr) return input.done(NotUsable());
  if (!owned->log_head.has_value()) return input.done(LogMissing());
  if (request.begins == holds().Of(request.participant).has_value()) {
    return input.done(MakeError(absl::StatusCode::kFailedPrecondition, "VERB_NOT_POSSIBLE",
                                request.participant + (request.begins ? " is on hold already" : " is not on hold")));
  }
  ShardDeed deed = DeedOf(request, now);
  deed.done = std::move(input.done);
  flight_.turn().Add(std::move(deed));
}

// What is given up is lost for subscribers: first it is recorded, then it is done. Should the process end in between,
// it has not been done, and the operator sees the event held.
void Engine::Handle(EventsInput input, absl::Time now) {
  const Uuid order = input.request.order;
  const std::int64_t skip = input.request.skip_sequence;
  const OwnedShard* owned = shards_.leases().Usable(order.shard());
  if (shards_.draining() || owned == nullptr) return input.done(NotUsable());
  if (!relay_.Holds(order)) return input.done(relay_.Release(order, skip));
  if (!owned->log_head.has_value()) return input.done(LogMissing());
  ShardDeed deed = DeedOf(input.request, now);
  deed.done = [this, order, skip, done = std::move(input.done)](const absl::Status& status) {
    done(status.ok() ? relay_.Release(order, skip) : status);
  };
  flight_.turn().Add(std::move(deed));
}

// What an operator does is not done without being recorded.
absl::Status Engine::CanRecord(const SagaInput& input) {
  if (!std::holds_alternative<VerbAsked>(input.event)) return absl::OkStatus();
  if (shards_.leases().Usable(input.id.shard())->log_head.has_value()) return absl::OkStatus();
  return LogMissing();
}

void Engine::Handle(SagaInput input, const Saga& saga, absl::Time now) {
  const Definition* definition = DefinitionOf(saga);
  if (definition == nullptr) {
    agenda_.Forget(input.id);
    if (input.done) {
      input.done(MakeError(absl::StatusCode::kFailedPrecondition, "UNKNOWN_DEFINITION",
                           "this replica is older than the saga's definition"));
    }
    return;
  }
  if (WaitsForHold(input, *definition, saga, now)) return;
  if (const absl::Status recorded = CanRecord(input); !recorded.ok()) return input.done(recorded);
  absl::StatusOr<Decision> decision = Decide(*definition, saga, input.event, now, rng_.Fraction());
  if (decision.ok()) {
    Stage(saga, *std::move(decision), std::move(input.done));
  } else {
    if (input.done) input.done(decision.status());
    if (decision.status().code() == absl::StatusCode::kInternal) {
      ParkImpossible(saga, *definition, decision.status(), now);
    }
  }
  if (flight_.turn().Find(input.id) == nullptr) agenda_.ForgetIfIdle(input.id);
}

void Engine::ParkImpossible(const Saga& saga, const Definition& definition, const absl::Status& why, absl::Time now) {
  LogError("saga is in an impossible state; parking it",
           {{"order_id", saga.id().ToString()}, {"rule", MessageOf(why)}});
  absl::StatusOr<Decision> parking = Decide(definition, saga, FaultFound{"INVARIANT_BROKEN"}, now, 0.0);
  if (parking.ok()) return Stage(saga, *std::move(parking), nullptr);
  // Not even that may be decided for it: a minimal update.
  StagedTurn& turn = flight_.turn();
  if (turn.Find(saga.id()) == nullptr) turn.Park(saga.id(), "INVARIANT_BROKEN");
}

void Engine::Stage(const Saga& before, Decision decision, RequestDone done) {
  StagedTurn& turn = flight_.turn();
  const bool staged_already = turn.Find(before.id()) != nullptr;
  if (!decision.changed && !staged_already) {
    // Nothing to store; a call, if there is one, repeats one that was recorded before.
    for (const CallParticipant& command : decision.commands) CallOrPostpone(decision.next, command);
    if (done) done(absl::OkStatus());
    return;
  }
  StagedSaga& staged = turn.Add(staged_already ? nullptr : &before, std::move(decision), std::nullopt);
  if (done) staged.requested.push_back(std::move(done));
  agenda_.Put(staged.write.saga);
}

void Engine::CallOrPostpone(const Saga& saga, const CallParticipant& command) {
  const Definition* definition = DefinitionOf(saga);
  if (definition == nullptr) return;
  if (calls_.IsHeld(command.participant)) {
    return agenda_.Hold(saga.id(), command.participant, calls_.LaneOf(command.participant, command.compensation));
  }
  if (calls_.Make(*definition, saga, command)) return;
  agenda_.Postpone(saga.id(), calls_.LaneOf(command.participant, command.compensation));
}

void Engine::Settled(std::vector<StagedSaga> sagas) {
  for (const StagedSaga& staged : sagas) AfterCommit(staged);
  calls_.Send();  // what the orders wait for comes before what people wait for
  for (const StagedSaga& staged : sagas) Answer(staged);
}

void Engine::AfterCommit(const StagedSaga& staged) {
  const Saga& saga = staged.write.saga;
  const Saga* before = staged.before.has_value() ? &*staged.before : nullptr;
  if (before == nullptr) ++stats_.orders_accepted;
  if (before == nullptr || before->status == Status::kPending) {
    if (saga.status == Status::kCompleted) ++stats_.orders_completed;
    if (saga.status == Status::kCancelled) ++stats_.orders_cancelled;
  }
  agenda_.Settle(before, saga);
  client_orders_.Settle(before, saga);
  if (shards_.leases().Usable(saga.id().shard()) == nullptr) return;  // lost meanwhile: its new owner acts
  for (const CallParticipant& command : staged.commands) CallOrPostpone(saga, command);
}

void Engine::Answer(const StagedSaga& staged) {
  const Saga& saga = staged.write.saga;
  LogEvents(staged);
  journal_told_(saga.id(), staged.write.journal);
  if (staged.write.create.has_value()) {
    staged.AnswerPlaced({saga.id(), saga.status, false}, staged.write.create->fingerprint);
  }
  for (const RequestDone& done : staged.requested) done(absl::OkStatus());
}

}  // namespace ordersaga::orchestrator
