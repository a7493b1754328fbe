// Taking, loading and losing shards.
#include <algorithm>
#include <utility>

#include "orchestrator/engine/engine.h"
#include "platform/base/error.h"
#include "platform/base/planted.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

constexpr absl::Duration kLoadPause = absl::Milliseconds(200);
constexpr int kRenewals = 8;                                    // per lease
constexpr absl::Duration kTakeMargin = absl::Milliseconds(10);  // so that the database's clock agrees

}  // namespace

void Engine::RenewLeases() {
  for (const int shard : shards_.Excess()) {
    LogInfo("shard given to another replica", {{"shard", std::to_string(shard)}});
    Forget(shard);
    shards_.Release(shard);
  }
  const absl::Duration asked = clock_.Monotonic();
  shard_store_.Lease(shards_.MakeRequest(asked), [this, asked](absl::StatusOr<LeaseReply> reply) {
    Post([this, asked, reply = std::move(reply)] { OnLeaseReply(reply, asked); });
  });
}

void Engine::OnLeaseReply(const absl::StatusOr<LeaseReply>& reply, absl::Duration asked) {
  if (retired_) {
    // The shards have been given back, or will run out by themselves.
    if (drained_) std::exchange(drained_, nullptr)();
    return;
  }
  stats_.database_answers = reply.ok() ? 1 : 0;
  if (!reply.ok()) {
    health_.LeasesFailed(MessageOf(reply.status()));
    LogWarn("leases could not be renewed", {{"error", MessageOf(reply.status())}});
    return After(options_.lease / kRenewals, [this] { RenewLeases(); });
  }
  health_.LeasesRenewed(asked);
  ReadClock(reply->now);
  const absl::Duration now = clock_.Monotonic();
  const Shards::Change change = shards_.Apply(*reply, asked, now);
  for (const int shard : change.lost) {
    LogWarn("shard lost to another replica", {{"shard", std::to_string(shard)}});
    Forget(shard);
  }
  for (const int shard : change.taken) Load(shard);
  CountShards();
  // A shard that becomes free is taken at once, not at the next renewal.
  const absl::Duration free = std::max(shards_.UntilFree(*reply, now), absl::ZeroDuration()) + kTakeMargin;
  After(std::min(options_.lease / kRenewals, free), [this] { RenewLeases(); });
  owners_.Set(reply->owners);
}

void Engine::ReadClock(absl::Time database_now) {
  clock_.Adjust(database_now);
  stats_.database_clock_offset_us = absl::ToInt64Microseconds(clock_.offset());
  if (std::exchange(out_of_step_, !clock_.in_step()) == out_of_step_) return;
  if (out_of_step_) {
    LogError("the database's clock has jumped by more than a lease; going on by the local one",
             {{"offset", absl::FormatDuration(clock_.offset())}});
  } else {
    LogInfo("the database's clock is back", {{"offset", absl::FormatDuration(clock_.offset())}});
  }
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
  relay_.AddShard(shard, contents->next_position, contents->relayed_position, contents->held);
  waiting_.SetShard(shard, Planted(PlantedBug::kWaitingNotLoaded) ? 0 : contents->waiting);
  parked_[shard] = contents->parked;
  for (const OpenSaga& open : contents->open) Resume(open);
  CountShards();
  LogInfo("shard taken", {{"shard", std::to_string(shard)},
                          {"token", std::to_string(token)},
                          {"open_sagas", std::to_string(contents->open.size())},
                          {"waiting", std::to_string(contents->waiting)}});
}

// An unfinished saga of a shard just loaded. Its call may have been made by another owner; it will be made again.
void Engine::Resume(const OpenSaga& open) {
  if (open.due_at.has_value() && Planted(PlantedBug::kTimersNotLoaded)) return;
  if (open.due_at.has_value()) return timers_.Set(*open.due_at, open.id);
  const Definition* definition = definitions_.Find(open.definition_version);
  if (definition == nullptr || open.step >= definition->steps.size()) {
    LogError("saga began with a definition that this program does not know; left alone",
             {{"order_id", open.id.ToString()}, {"version", std::to_string(open.definition_version)}});
    return;
  }
  const StepId participant = definition->steps[open.step].participant;
  postponed_[Calls::LaneOf(participant, open.compensating)].push_back(open.id);
}

// Reads everything about a shard again, under the lease it has.
void Engine::Reload(int shard) {
  const HeldShard* held = shards_.Find(shard);
  if (held == nullptr) return;
  const HeldShard kept = *held;
  Forget(shard);
  shards_.Keep(shard, kept);
  Load(shard);
  CountShards();
}

void Engine::Forget(int shard) {
  shards_.Drop(shard);
  relay_.DropShard(shard);
  calls_.DropShard(shard);
  waiting_.DropShard(shard);
  parked_.erase(shard);
  absl::erase_if(sagas_, [&](const auto& entry) { return entry.first.shard() == shard; });
  for (std::deque<Uuid>& lane : postponed_) {
    std::erase_if(lane, [&](const Uuid& id) { return id.shard() == shard; });
  }
  CountShards();
}

void Engine::CountShards() {
  std::int64_t loaded = 0;
  for (const auto& [shard, held] : shards_.held()) loaded += held.loaded ? 1 : 0;
  stats_.shards_held = loaded;
  const bool all = loaded == static_cast<std::int64_t>(shards_.held().size());
  if (stats_.database_answers == 1 && all) stats_.shards_loaded = 1;
  stats_.sagas_held = static_cast<std::int64_t>(sagas_.size());
  stats_.sagas_waiting = waiting_.total();
  std::int64_t parked = 0;
  for (const auto& [shard, count] : parked_) parked += count;
  stats_.sagas_parked = parked;
}

void Engine::CountParked(int shard, std::int64_t by) {
  const auto found = parked_.find(shard);
  if (found == parked_.end()) return;
  found->second += by;
  stats_.sagas_parked += by;
}

// The broker has moved on: remember how far, now and then, even where no saga is written. What is held is stored at
// once, and everything before the shards are given back.
void Engine::SavePositions() {
  const bool due = draining_ || clock_.Monotonic() - position_saved_ >= absl::Seconds(1);
  if (due) position_saved_ = clock_.Monotonic();
  for (auto& [shard, held] : shards_.held()) {
    if (!held.loaded) continue;
    if (relay_.wants_turn(shard) || (due && relay_.relayed(shard) > held.saved_relayed)) turn_.Touch(shard);
  }
}

void Engine::ReleaseEvents(Uuid order, std::int64_t skip_sequence, std::function<void(absl::Status)> done) {
  Post([this, order, skip_sequence, done = std::move(done)] {
    if (shards_.Usable(order.shard()) == nullptr) {
      return done(TryAgain(absl::StatusCode::kUnavailable, "SHARD_NOT_HELD", "another replica holds this order's shard",
                           absl::Milliseconds(200)));
    }
    done(relay_.Release(order, skip_sequence));
  });
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
