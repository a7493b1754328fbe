#include "orchestrator/engine/engine.h"

#include <algorithm>
#include <utility>

#include "platform/base/error.h"
#include "platform/base/fault_point.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

absl::Status NotHeld() {
  return TryAgain(absl::StatusCode::kUnavailable, "SHARD_NOT_HELD",
                  "no replica here holds this order's shard yet; send it again with the same key",
                  absl::Milliseconds(200));
}

}  // namespace

Engine::Engine(EngineOptions options, const Definition& definition, SagaStore& store, ShardStore& shard_store,
               Participant& participant, EventPublisher& publisher, const Clock& clock, Rng& rng)
    : options_(std::move(options)),
      definition_(definition),
      store_(store),
      shard_store_(shard_store),
      wall_(clock),
      rng_(rng),
      clock_(clock),
      shards_(options_.owner, options_.address, options_.shards, options_.lease),
      calls_(participant, options_.max_calls, options_.reserved_calls, stats_,
             [this](Calls::Answered answered) {
               Post([this, answered = std::move(answered)]() mutable {
                 const CallParticipant& command = answered.command;
                 calls_.OnAnswered(command.compensation);
                 FaultPoint("orchestrator.reply_received_not_committed");
                 inputs_.push_back(SagaInput{answered.saga, ToEvent(command, std::move(answered.reply)), nullptr});
               });
             }),
      relay_(store, publisher, options_.relay_window, stats_, [this](Closure closure) { Post(std::move(closure)); }) {}

void Engine::PlaceOrder(PlaceRequest request, PlaceDone done) {
  Post([this, input = PlaceInput{std::move(request), std::move(done)}]() mutable {
    inputs_.push_back(std::move(input));
  });
}

void Engine::CancelOrder(Uuid id, std::string reason, CancelDone done) {
  Post([this, input = SagaInput{id, CancelRequested{std::move(reason)}, std::move(done)}]() mutable {
    inputs_.push_back(std::move(input));
  });
}

absl::Duration Engine::Step(std::vector<Closure> closures) {
  // Before anything else: after a pause, what is held may be held no longer.
  for (const int shard : shards_.Expire(clock_.Monotonic())) {
    LogWarn("shard lease ran out", {{"shard", std::to_string(shard)}});
    Forget(shard);
  }
  if (!std::exchange(started_, true)) RenewLeases();
  for (Closure& closure : closures) closure();
  while (!later_.empty() && later_.begin()->first <= clock_.Monotonic()) {
    Closure closure = std::move(later_.begin()->second);
    later_.erase(later_.begin());
    closure();
  }
  if (!committing_) BuildTurn();
  const absl::Duration relay_wait = relay_.Pump(clock_.Monotonic());
  if (draining_) TryToRetire();
  return std::min(relay_wait, NextWake());
}

absl::Duration Engine::NextWake() const {
  absl::Duration wake = absl::Seconds(1);  // also how late an idle stream's position is saved
  if (!later_.empty()) wake = std::min(wake, later_.begin()->first - clock_.Monotonic());
  if (!committing_ && !inputs_.empty()) return absl::ZeroDuration();
  if (!committing_ && timers_.Next() != absl::InfiniteFuture()) {
    wake = std::min(wake, timers_.Next() - clock_.Peek());
  }
  return std::max(wake, absl::ZeroDuration());
}

void Engine::After(absl::Duration wait, Closure closure) {
  later_.emplace(clock_.Monotonic() + wait, std::move(closure));
}

void Engine::BuildTurn() {
  const absl::Time now = clock_.Now();
  CollectDue(now);
  AdmitWaiting();
  for (std::size_t handled = 0; handled < options_.max_turn && !inputs_.empty(); ++handled) {
    Input input = std::move(inputs_.front());
    inputs_.pop_front();
    std::visit([&](auto& item) { Handle(std::move(item), now); }, input);
  }
  // Nothing to store, but the broker has moved on: remember how far, now and then.
  if (turn_.empty() && clock_.Monotonic() - position_saved_ >= absl::Seconds(1)) {
    position_saved_ = clock_.Monotonic();
    for (auto& [shard, held] : shards_.held()) {
      if (held.loaded && relay_.relayed(shard) > held.saved_relayed) turn_.Touch(shard);
    }
  }
  if (!turn_.empty()) Submit();
}

void Engine::CollectDue(absl::Time now) {
  while (const auto due = timers_.PopDue(now)) {
    const auto found = sagas_.find(due->second);
    if (found == sagas_.end() || found->second.due_at != due->first) continue;  // it has moved on
    inputs_.push_back(SagaInput{due->second, TimerDue{}, nullptr});
  }
}

void Engine::AdmitWaiting() {
  std::size_t room = calls_.Room();
  while (room > 0 && !waiting_.empty()) {
    const auto found = sagas_.find(waiting_.front());
    if (found != sagas_.end() && found->second.phase == Phase::kWaiting) {
      inputs_.push_back(SagaInput{waiting_.front(), Admitted{}, nullptr});
      --room;
    }
    waiting_.pop_front();
  }
  stats_.sagas_waiting = static_cast<std::int64_t>(waiting_.size());
}

void Engine::Handle(PlaceInput input, absl::Time now) {
  PlaceRequest& request = input.request;
  if (request.deadline <= wall_.Now()) return input.done(absl::DeadlineExceededError("too late"));
  if (draining_ || shards_.Usable(shards_.ShardOf(request.key)) == nullptr) {
    return input.done(NotHeld());
  }
  if (StagedSaga* twin = turn_.FindKey(request.key)) {
    twin->placed.emplace_back(std::move(input.done), request.key.fingerprint);
    return;
  }
  if (waiting_.size() >= options_.max_waiting) {
    ++stats_.orders_refused;
    return input.done(TryAgain(absl::StatusCode::kResourceExhausted, "TOO_MANY_WAITING",
                               "too many orders are waiting to be processed", absl::Seconds(1)));
  }
  auto order = std::make_shared<Order>();
  order->id = Uuid::MakeV7(now, shards_.ShardOf(request.key), rng_);
  order->lines = std::move(request.lines);
  order->user_email = std::move(request.user_email);
  order->total = request.total;
  order->created_at = now;
  const std::string fingerprint = request.key.fingerprint;
  const bool start = calls_.Room() > starts_staged_ && waiting_.empty();
  if (start) ++starts_staged_;
  StagedSaga& staged = turn_.Add(nullptr, DecideNew(definition_, {order, start}, now), std::move(request.key));
  staged.placed.emplace_back(std::move(input.done), fingerprint);
}

void Engine::Handle(SagaInput input, absl::Time now) {
  const StagedSaga* staged = turn_.Find(input.id);
  const auto found = sagas_.find(input.id);
  const Saga* saga = staged != nullptr ? &staged->write.saga : found != sagas_.end() ? &found->second : nullptr;
  if (saga == nullptr || shards_.Usable(input.id.shard()) == nullptr) {
    // Not ours, or over. An answer nobody waits for any more is dropped; a caller is told.
    if (input.done) input.done(NotHeld());
    return;
  }
  absl::StatusOr<Decision> decision = Decide(definition_, *saga, input.event, now, rng_.Fraction());
  if (decision.ok()) return Stage(input.id, *std::move(decision), std::move(input.done));
  if (decision.status().code() != absl::StatusCode::kInternal) {
    if (input.done) input.done(decision.status());
    return;
  }
  LogError("saga is in an impossible state; parking it",
           {{"order_id", input.id.ToString()}, {"rule", MessageOf(decision.status())}});
  if (input.done) input.done(decision.status());
  decision = Decide(definition_, *saga, FaultFound{"INVARIANT_BROKEN"}, now, 0.0);
  if (decision.ok()) return Stage(input.id, *std::move(decision), nullptr);
  if (staged == nullptr) turn_.Park(input.id, "INVARIANT_BROKEN");
}

void Engine::Stage(const Uuid& id, Decision decision, CancelDone done) {
  if (!decision.changed && decision.commands.empty()) {
    if (done) done(absl::OkStatus());
    return;
  }
  if (!decision.changed && turn_.Find(id) == nullptr) {
    // Nothing to store: the call repeats one that was recorded before.
    for (const CallParticipant& command : decision.commands) {
      calls_.Make(definition_, decision.next, command);
    }
    return;
  }
  const auto found = sagas_.find(id);
  StagedSaga& staged = turn_.Add(found == sagas_.end() ? nullptr : &found->second, std::move(decision), std::nullopt);
  if (done) staged.cancelled.push_back(std::move(done));
}

}  // namespace ordersaga::orchestrator
