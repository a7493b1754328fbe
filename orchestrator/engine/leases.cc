// A process asks for as many shards as its share of those that are alive allows (CountReplicas, FairShare), and gives
// back what it has beyond that, the last ones first. Alive, and free, are judged by two clocks: the database's says
// when a term ends, ours for how long it has not been renewed (silence.h).
#include "orchestrator/engine/leases.h"

#include <algorithm>
#include <utility>

#include "platform/base/hash.h"

namespace ordersaga::orchestrator {

Leases::Leases(std::string owner, std::string address, absl::Duration lease)
    : owner_(std::move(owner)), address_(std::move(address)), lease_(lease) {}

int ShardOf(const OrderKey& key, int count) {
  const std::uint64_t hash = StableHash(key.client + '\0' + key.key);
  return static_cast<int>(hash % static_cast<std::uint64_t>(count));
}

OwnedShard* Leases::Find(int shard) {
  const auto found = owned_.find(shard);
  return found == owned_.end() ? nullptr : &found->second;
}

OwnedShard* Leases::Usable(int shard) {
  OwnedShard* owned = Find(shard);
  return owned != nullptr && owned->loaded ? owned : nullptr;
}

bool Leases::Owns(int shard, std::int64_t token) const {
  const auto found = owned_.find(shard);
  return found != owned_.end() && found->second.token == token;
}

std::vector<int> Leases::Excess() const {
  std::vector<int> excess;
  const auto share = static_cast<std::size_t>(FairShare());
  for (auto it = owned_.rbegin(); it != owned_.rend() && owned_.size() - excess.size() > share; ++it) {
    excess.push_back(it->first);
  }
  return excess;
}

void Leases::Release(int shard) {
  Drop(shard);
  releasing_.push_back(shard);
}

LeaseRequest Leases::MakeRequest(absl::Duration monotonic_now) {
  LeaseRequest request;
  request.owner = owner_;
  request.address = address_;
  request.lease = lease_;
  request.release = std::exchange(releasing_, {});
  request.leaving = retiring_;
  for (const auto& [shard, owned] : owned_) {
    if (retiring_) {
      request.release.push_back(shard);
    } else {
      request.renew.push_back({shard, owned.token});
    }
  }
  if (retiring_) return request;
  request.take = std::max(0, FairShare() - static_cast<int>(owned_.size()));
  for (const auto& [shard, until] : terms_) {
    const bool silent = silence_of_shards_.Of(shard, monotonic_now) > lease_;
    if (silent && !owned_.contains(shard)) request.silent.push_back({shard, until});
  }
  return request;
}

absl::Duration Leases::UntilFree(const LeaseReply& reply, absl::Duration now) const {
  absl::Duration wait = absl::InfiniteDuration();
  if (static_cast<int>(owned_.size()) >= FairShare()) return wait;
  for (const ShardOwner& owner : reply.owners) {
    if (owned_.contains(owner.shard)) continue;
    const absl::Duration silent = lease_ - silence_of_shards_.Of(owner.shard, now);
    wait = std::min({wait, owner.lease_until - reply.now, silent});
  }
  return wait;
}

// Alive is whose term still runs, unless he has not renewed it for a lease: a clock that has gone back lets it end too
// late. Alive is also who has just renewed it: by a clock that has leapt ahead it seems to have ended.
void Leases::CountReplicas(const LeaseReply& reply, absl::Duration now) {
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

Leases::Change Leases::Apply(const LeaseReply& reply, absl::Duration asked, absl::Duration now) {
  Change change;
  CountReplicas(reply, now);
  for (const ShardOwner& owner : reply.owners) {
    silence_of_shards_.See(owner.shard, owner.lease_until, now);
    terms_[owner.shard] = owner.lease_until;
  }
  for (auto& [shard, owned] : owned_) {
    const ShardLease mine{shard, owned.token};
    if (std::find(reply.renewed.begin(), reply.renewed.end(), mine) != reply.renewed.end()) {
      owned.trusted_until = asked + lease_;
    } else {
      change.lost.push_back(shard);
    }
  }
  for (const int shard : change.lost) owned_.erase(shard);
  for (const ShardLease& lease : reply.taken) {
    OwnedShard owned;
    owned.token = lease.token;
    owned.trusted_until = asked + lease_;
    owned_.insert_or_assign(lease.shard, owned);
    change.taken.push_back(lease.shard);
  }
  return change;
}

std::vector<int> Leases::Expire(absl::Duration monotonic_now) {
  std::vector<int> expired;
  for (const auto& [shard, owned] : owned_) {
    if (owned.trusted_until <= monotonic_now) expired.push_back(shard);
  }
  for (const int shard : expired) owned_.erase(shard);
  return expired;
}

}  // namespace ordersaga::orchestrator
