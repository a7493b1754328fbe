// Taking, loading and losing shards.
#include <algorithm>

#include "orchestrator/core/invariants.h"
#include "orchestrator/engine/engine.h"
#include "platform/base/error.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

constexpr absl::Duration kLoadPause = absl::Milliseconds(200);

}  // namespace

void Engine::RenewLeases() {
  const absl::Duration asked = clock_.Monotonic();
  shard_store_.Lease(shards_.MakeRequest(), [this, asked](absl::StatusOr<LeaseReply> reply) {
    Post([this, asked, reply = std::move(reply)] { OnLeaseReply(reply, asked); });
  });
}

void Engine::OnLeaseReply(const absl::StatusOr<LeaseReply>& reply, absl::Duration asked) {
  if (retired_) {
    // The shards have been given back, or will run out by themselves.
    if (drained_) std::exchange(drained_, nullptr)();
    return;
  }
  After(options_.lease / (reply.ok() ? 3 : 10), [this] { RenewLeases(); });
  if (!reply.ok()) {
    LogWarn("leases could not be renewed", {{"error", MessageOf(reply.status())}});
    return;
  }
  clock_.Adjust(reply->now);
  const Shards::Change change = shards_.Apply(*reply, asked);
  for (const int shard : change.lost) {
    LogWarn("shard lost to another replica", {{"shard", std::to_string(shard)}});
    Forget(shard);
  }
  for (const int shard : change.taken) Load(shard);
}

void Engine::Load(int shard) {
  const HeldShard* held = shards_.Find(shard);
  if (held == nullptr) return;
  store_.LoadShard(shard, [this, shard, token = held->token](absl::StatusOr<ShardContents> contents) {
    Post([this, shard, token, contents = std::move(contents)] { OnLoaded(shard, token, contents); });
  });
}

void Engine::OnLoaded(int shard, std::int64_t token, const absl::StatusOr<ShardContents>& contents) {
  if (!shards_.Holds(shard, token)) return;
  if (!contents.ok()) {
    LogWarn("shard could not be read; trying again",
            {{"shard", std::to_string(shard)}, {"error", MessageOf(contents.status())}});
    return After(kLoadPause, [this, shard, token] {
      if (shards_.Holds(shard, token)) Load(shard);
    });
  }
  HeldShard& held = *shards_.Find(shard);
  held.loaded = true;
  held.next_position = contents->next_position;
  held.saved_relayed = contents->relayed_position;
  relay_.AddShard(shard, contents->next_position, contents->relayed_position);
  for (const Uuid& id : contents->unreadable) {
    LogError("stored saga cannot be read; left alone", {{"order_id", id.ToString()}});
  }
  for (const Saga& saga : contents->unfinished) Adopt(saga);
  CountShards();
  LogInfo("shard taken", {{"shard", std::to_string(shard)},
                          {"token", std::to_string(token)},
                          {"open_sagas", std::to_string(contents->unfinished.size())}});
}

void Engine::Adopt(const Saga& saga) {
  sagas_.insert_or_assign(saga.id(), saga);
  if (!saga.parked.empty()) ++stats_.sagas_parked;
  if (saga.due_at.has_value()) timers_.Set(*saga.due_at, saga.id());
  if (saga.phase == Phase::kWaiting) {
    waiting_.push_back(saga.id());
    return;
  }
  const absl::Status sound = CheckInvariants(definition_, saga);
  if (sound.ok()) {
    inputs_.push_back(SagaInput{saga.id(), Resumed{}, nullptr});
    return;
  }
  LogError("stored saga breaks an invariant; parking it",
           {{"order_id", saga.id().ToString()}, {"rule", MessageOf(sound)}});
  inputs_.push_back(SagaInput{saga.id(), FaultFound{"INVARIANT_BROKEN"}, nullptr});
}

void Engine::Forget(int shard) {
  shards_.Drop(shard);
  relay_.DropShard(shard);
  absl::erase_if(sagas_, [&](const auto& entry) { return entry.first.shard() == shard; });
  std::erase_if(waiting_, [&](const Uuid& id) { return id.shard() == shard; });
  CountShards();
}

void Engine::CountShards() {
  std::int64_t loaded = 0;
  for (const auto& [shard, held] : shards_.held()) loaded += held.loaded ? 1 : 0;
  stats_.shards_held = loaded;
  stats_.sagas_held = static_cast<std::int64_t>(sagas_.size());
  stats_.sagas_parked =
      std::count_if(sagas_.begin(), sagas_.end(), [](const auto& entry) { return !entry.second.parked.empty(); });
}

void Engine::Drain(absl::Duration patience, Closure done) {
  Post([this, patience, done = std::move(done)]() mutable {
    draining_ = true;
    drain_until_ = clock_.Monotonic() + patience;
    drained_ = std::move(done);
  });
}

void Engine::TryToRetire() {
  if (retired_ || committing_) return;
  if (!relay_.idle() && clock_.Monotonic() < drain_until_) return;
  retired_ = true;
  shards_.Retire();
  RenewLeases();
}

}  // namespace ordersaga::orchestrator
