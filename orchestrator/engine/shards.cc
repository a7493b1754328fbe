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

LeaseRequest Shards::MakeRequest() {
  LeaseRequest request{owner_, address_, lease_, {}, std::exchange(releasing_, {}), 0, retiring_};
  for (const auto& [shard, held] : held_) {
    if (retiring_) {
      request.release.push_back(shard);
    } else {
      request.renew.push_back({shard, held.token});
    }
  }
  if (!retiring_) request.take = std::max(0, FairShare() - static_cast<int>(held_.size()));
  return request;
}

absl::Duration Shards::UntilFree(const LeaseReply& reply) const {
  absl::Duration wait = absl::InfiniteDuration();
  if (static_cast<int>(held_.size()) >= FairShare()) return wait;
  for (const ShardOwner& owner : reply.owners) {
    if (!held_.contains(owner.shard)) wait = std::min(wait, owner.lease_until - reply.now);
  }
  return wait;
}

Shards::Change Shards::Apply(const LeaseReply& reply, absl::Duration asked) {
  Change change;
  replicas_ = std::max(1, reply.replicas);
  rank_ = reply.rank;
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
