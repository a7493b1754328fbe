// How many open orders each client has in the owned shards, so that one client cannot take all the places there are.
// Counted once they are committed: a client may come to a turn's worth more than the bound. Loop thread only.
//
// The shared client, of orders placed without a key, has no bound of its own: it may be everybody.
#pragma once

#include <map>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "orchestrator/core/saga.h"
#include "orchestrator/engine/shard_user.h"

namespace ordersaga::orchestrator {

class ClientOrders final : public ShardUser {
 public:
  explicit ClientOrders(std::int64_t most) : most_(most) {}

  bool HasRoom(const std::string& client) const {
    const auto open = all_.find(client);
    return open == all_.end() || open->second < most_;
  }

  // As Agenda::Settle: the saga has been stored.
  void Settle(const Saga* before, const Saga& saga) {
    const bool was = before != nullptr && before->status == Status::kPending;
    const bool is = saga.status == Status::kPending;
    if (was != is) Change(saga.id().shard(), saga.order->client, is ? 1 : -1);
  }

  void AddShard(const ShardContents& contents) override {
    DropShard(contents.shard);
    shards_[contents.shard];
    for (const OpenOrders& of : contents.clients) Change(contents.shard, of.client, of.orders);
  }
  void DropShard(int shard) override {
    const auto found = shards_.find(shard);
    if (found == shards_.end()) return;
    for (const auto& [client, orders] : found->second) Add(all_, client, -orders);
    shards_.erase(found);
  }

 private:
  using Counts = absl::flat_hash_map<std::string, std::int64_t>;

  void Change(int shard, const std::string& client, std::int64_t by) {
    const auto found = shards_.find(shard);
    if (client.empty() || found == shards_.end()) return;
    Add(found->second, client, by);
    Add(all_, client, by);
  }
  static void Add(Counts& counts, const std::string& client, std::int64_t by) {
    const auto entry = counts.try_emplace(client, 0).first;
    entry->second += by;
    if (entry->second <= 0) counts.erase(entry);
  }

  const std::int64_t most_;
  std::map<int, Counts> shards_;
  Counts all_;
};

}  // namespace ordersaga::orchestrator
