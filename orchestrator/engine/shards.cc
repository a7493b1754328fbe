// The conversation about leases never ends: Renew asks, OnReply books what came back and plans the next Renew, whether
// it went well or not, until Retire sends the last one. One request is under way at a time. A reply first loses shards
// and then takes others, so that a shard which was lost and taken again in one reply is dropped before it is read. What
// is read of a shard counts only if the shard is still owned under the token it had when the read began.
#include "orchestrator/engine/shards.h"

#include <algorithm>
#include <utility>

#include "platform/base/error.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

constexpr int kRenewals = 8;                                    // per lease
constexpr absl::Duration kTakeMargin = absl::Milliseconds(10);  // so that the database's clock agrees

}  // namespace

Shards::Shards(std::string owner, std::string address, absl::Duration lease, Loop& loop, SagaStore& store,
               ShardStore& shard_store, DatabaseHealth& health, Stats& stats)
    : loop_(loop),
      store_(store),
      shard_store_(shard_store),
      health_(health),
      stats_(stats),
      leases_(std::move(owner), std::move(address), lease) {}

void Shards::Start(int count) {
  leases_.SetCount(count);
  loop_.Post([this] { Renew(); });
}

void Shards::Expire() {
  for (const int shard : leases_.Expire(loop_.now())) {
    LogWarn("shard lease ran out", {{"shard", std::to_string(shard)}});
    Lose(shard);
  }
}

void Shards::Renew() {
  for (const int shard : leases_.Excess()) {
    LogInfo("shard given to another replica", {{"shard", std::to_string(shard)}});
    Lose(shard);
    leases_.Release(shard);
  }
  asking_ = true;
  const absl::Duration asked = loop_.now();
  shard_store_.Lease(leases_.MakeRequest(asked), loop_.Then<&Shards::OnReply>(this, asked));
}

void Shards::OnReply(absl::Duration asked, const absl::StatusOr<LeaseReply>& reply) {
  asking_ = false;
  if (retired_) {
    // The shards have been given back, or will run out by themselves.
    if (drained_) std::exchange(drained_, nullptr)();
    return;
  }
  const absl::Duration pause = leases_.lease() / kRenewals;
  stats_.database_answers = reply.ok() ? 1 : 0;
  if (!reply.ok()) {
    health_.LeasesFailed(MessageOf(reply.status()));
    LogWarn("leases could not be renewed", {{"error", MessageOf(reply.status())}});
    return loop_.After(pause, [this] { Renew(); });
  }
  health_.LeasesRenewed(asked);
  ReadClock(reply->now);
  const absl::Duration now = loop_.now();
  const Leases::Change change = leases_.Apply(*reply, asked, now);
  for (const int shard : change.lost) {
    LogWarn("shard lost to another replica", {{"shard", std::to_string(shard)}});
    Lose(shard);
  }
  for (const int shard : change.taken) Load(shard);
  // A shard that becomes free is taken at once, not at the next renewal.
  const absl::Duration free = std::max(leases_.UntilFree(*reply, now), absl::ZeroDuration()) + kTakeMargin;
  loop_.After(std::min(pause, free), [this] { Renew(); });
  owners_.Set(reply->owners, reply->now);
  holds_.Set(reply->holds);
}

void Shards::ReadClock(absl::Time database_now) {
  DatabaseClock& clock = loop_.clock();
  clock.Adjust(database_now);
  stats_.database_clock_offset_us = absl::ToInt64Microseconds(clock.offset());
  if (std::exchange(out_of_step_, !clock.in_step()) == out_of_step_) return;
  if (out_of_step_) {
    LogError("the database's clock has jumped by more than a lease; going on by the local one",
             {{"offset", absl::FormatDuration(clock.offset())}});
  } else {
    LogInfo("the database's clock is back", {{"offset", absl::FormatDuration(clock.offset())}});
  }
}

void Shards::Load(int shard) {
  const OwnedShard* owned = leases_.Find(shard);
  if (owned != nullptr) store_.LoadShard(shard, loop_.Then<&Shards::OnLoaded>(this, shard, owned->token));
}

void Shards::OnLoaded(int shard, std::int64_t token, const absl::StatusOr<ShardContents>& contents) {
  if (!leases_.Owns(shard, token)) return;
  if (!contents.ok()) {
    LogWarn("shard could not be read; trying again",
            {{"shard", std::to_string(shard)}, {"error", MessageOf(contents.status())}});
    return loop_.After(kPause, [this, shard, token] {
      if (leases_.Owns(shard, token)) Load(shard);
    });
  }
  OwnedShard& owned = *leases_.Find(shard);
  owned.loaded = true;
  owned.next_position = contents->next_position;
  owned.saved_relayed = contents->relayed_position;
  owned.log_head = contents->log_head;
  for (ShardUser* user : users_) user->AddShard(*contents);
  LogInfo("shard taken", {{"shard", std::to_string(shard)},
                          {"token", std::to_string(token)},
                          {"open_sagas", std::to_string(contents->open.size())},
                          {"waiting", std::to_string(contents->waiting)}});
}

void Shards::Reload(int shard) {
  if (leases_.Find(shard) == nullptr) return;
  leases_.Unload(shard);
  for (ShardUser* user : users_) user->DropShard(shard);
  Load(shard);
}

void Shards::Lose(int shard) {
  leases_.Drop(shard);
  for (ShardUser* user : users_) user->DropShard(shard);
}

void Shards::Drain(absl::Duration patience, Loop::Closure done) {
  draining_ = true;
  drain_until_ = loop_.now() + patience;
  drained_ = std::move(done);
}

void Shards::Retire(bool relay_is_idle) {
  if (retired_ || asking_ || (!relay_is_idle && loop_.now() < drain_until_)) return;
  retired_ = true;
  leases_.Retire();
  Renew();
}

void Shards::UpdateLevels() {
  std::int64_t loaded = 0;
  for (const auto& [shard, owned] : leases_.owned()) loaded += owned.loaded ? 1 : 0;
  stats_.shards_owned = loaded;
  const bool all = loaded == static_cast<std::int64_t>(leases_.owned().size());
  if (stats_.database_answers == 1 && all) stats_.shards_loaded = 1;
}

}  // namespace ordersaga::orchestrator
