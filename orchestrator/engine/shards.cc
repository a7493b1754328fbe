#include "orchestrator/engine/shards.h"

#include <algorithm>
#include <utility>

#include "platform/base/hash.h"

namespace ordersaga::orchestrator {

Shards::Shards(std::string owner, std::string address, int count, absl::Duration lease)
    : owner_(std::move(owner)), address_(std::move(address)), count_(count), lease_(lease) {}

int Shards::ShardOf(const OrderKey& key) const {
  const std::uint64_t hash = StableHash(key.scope + '\0' + key.key);
  return static_cast<int>(hash % static_cast<std::uint64_t>(count_));
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

LeaseRequest Shards::MakeRequest() const {
  LeaseRequest request{owner_, address_, lease_, {}, {}, 0};
  for (const auto& [shard, held] : held_) {
    if (retiring_) {
      request.release.push_back(shard);
    } else {
      request.renew.push_back({shard, held.token});
    }
  }
  if (!retiring_) request.take = count_ - static_cast<int>(held_.size());
  return request;
}

Shards::Change Shards::Apply(const LeaseReply& reply, absl::Duration asked) {
  Change change;
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
