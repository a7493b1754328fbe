#include "orchestrator/engine/shards.h"

#include <algorithm>
#include <utility>

#include "platform/base/hash.h"

namespace ordersaga::orchestrator {

Shards::Shards(std::string owner, std::string address, int count, absl::Duration lease)
    : owner_(std::move(owner)), address_(std::move(address)), count_(count), lease_(lease) {}

int ShardOf(const OrderKey& key, int count) {
  const std::uint64_t hash = StableHash(key.scope + '\0' + key.key);
  return static_cast<int>(hash % static_cast<std::uint64_t>(count));
}

HeldShard* Shards::Find(int shard) {
  const auto found = held_.find(shard);
  return found == held_.end() ? nullptr : &found->second;
}

HeldShard* Shards::Usable(int shard) {
  HeldShard* held = Find(shard);
  return held != nullptr && held->loaded ? held : nullptr;
}

bool Shards::Holds(int shard, std::int64_t token) const {
  const auto found = held_.find(shard);
  return found != held_.end() && found->second.token == token;
}

std::vector<int> Shards::Excess() const {
  std::vector<int> excess;
  const auto share = static_cast<std::size_t>(FairShare());
  for (auto it = held_.rbegin(); it != held_.rend() && held_.size() - excess.size() > share; ++it) {
    excess.push_back(it->first);
  }
  return excess;
}

void Shards::Release(int shard) {
  Drop(shard);
  releasing_.push_back(shard);
}

LeaseRequest Shards::MakeRequest(absl::Duration monotonic_now) {
  LeaseRequest request;
  request.owner = owner_;
  request.address = address_;
  request.lease = lease_;
  request.release = std::exchange(releasing_, {});
  request.leaving = retiring_;
  for (const auto& [shard, held] : held_) {
    if (retiring_) {
      request.release.push_back(shard);
    } else {
      request.renew.push_back({shard, held.token});
    }
  }
  if (retiring_) return request;
  request.take = std::max(0, FairShare() - static_cast<int>(held_.size()));
  for (const auto& [shard, until] : terms_) {
    const bool silent = silence_of_shards_.Of(shard, monotonic_now) > lease_;
    if (silent && !held_.contains(shard)) request.silent.push_back({shard, until});
  }
  return request;
}

absl::Duration Shards::UntilFree(const LeaseReply& reply, absl::Duration now) const {
  absl::Duration wait = absl::InfiniteDuration();
  if (static_cast<int>(held_.size()) >= FairShare()) return wait;
  for (const ShardOwner& owner : reply.owners) {
    if (held_.contains(owner.shard)) continue;
    const absl::Duration silent = lease_ - silence_of_shards_.Of(owner.shard, now);
    wait = std::min({wait, owner.lease_until - reply.now, silent});
  }
  return wait;
}

// Alive is whose term still runs, unless he has not renewed it for a lease: a clock that has gone back lets it end too
// late. Alive is also who has just renewed it: by a clock that has leapt ahead it seems to have ended.
void Shards::CountReplicas(const LeaseReply& reply, absl::Duration now) {
  replicas_ = 0;
  rank_ = 0;
  for (const ReplicaTerm& replica : reply.replicas) {
    silence_of_replicas_.See(replica.owner, replica.seen_until, now);
    const absl::Duration silent = silence_of_replicas_.Of(replica.owner, now);
    const bool runs = replica.seen_until >= reply.now && silent <= lease_;
    const bool renewed = silence_of_replicas_.WasRenewed(replica.owner) && silent <= lease_ / 2;
    if (!runs && !renewed) continue;
    ++replicas_;
    if (replica.owner < owner_) ++rank_;
  }
  replicas_ = std::max(1, replicas_);
}

Shards::Change Shards::Apply(const LeaseReply& reply, absl::Duration asked, absl::Duration now) {
  Change change;
  CountReplicas(reply, now);
  for (const ShardOwner& owner : reply.owners) {
    silence_of_shards_.See(owner.shard, owner.lease_until, now);
    terms_[owner.shard] = owner.lease_until;
  }
  for (auto& [shard, held] : held_) {
    const ShardLease mine{shard, held.token};
    if (std::find(reply.renewed.begin(), reply.renewed.end(), mine) != reply.renewed.end()) {
      held.trusted_until = asked + lease_;
    } else {
      change.lost.push_back(shard);
    }
  }
  for (const int shard : change.lost) held_.erase(shard);
  for (const ShardLease& lease : reply.taken) {
    HeldShard held;
    held.token = lease.token;
    held.trusted_until = asked + lease_;
    held_.insert_or_assign(lease.shard, held);
    change.taken.push_back(lease.shard);
  }
  return change;
}

std::vector<int> Shards::Expire(absl::Duration monotonic_now) {
  std::vector<int> expired;
  for (const auto& [shard, held] : held_) {
    if (held.trusted_until <= monotonic_now) expired.push_back(shard);
  }
  for (const int shard : expired) held_.erase(shard);
  return expired;
}

}  // namespace ordersaga::orchestrator
