// Which shards this process owns, and for how long it may believe so. Bookkeeping only: Shards does the asking. Loop
// thread only.
//
// A lease is trusted until one lease after the request that renewed it was *sent*, by the local monotonic clock: always
// earlier than the database's own end of it. A shard is free when its lease has run out by the database's clock, or has
// not been renewed for one lease by ours: that clock may jump (silence.h). Trust keeps owners out of each other's way;
// what makes a late owner harmless is the token, proved at the start of every turn (see ports/saga_store.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "orchestrator/engine/silence.h"
#include "orchestrator/ports/saga_store.h"
#include "orchestrator/ports/shard_store.h"

namespace ordersaga::orchestrator {

struct OwnedShard {
  std::int64_t token = 0;
  absl::Duration trusted_until;     // monotonic
  bool loaded = false;              // its sagas and positions have been read; only then it may write
  std::int64_t turn = 0;            // of the latest turn sent
  std::int64_t next_position = 1;   // of the outbox
  std::int64_t saved_relayed = 0;   // relay position as last written
  std::optional<LogHead> log_head;  // of the operator log as last written; empty: the database has none
};

// The shard in which the order with this key lives, of `count`.
int ShardOf(const OrderKey& key, int count);

class Leases {
 public:
  Leases(std::string owner, std::string address, absl::Duration lease);

  // Before anything else is asked.
  void SetCount(int count) { count_ = count; }
  int count() const { return count_; }
  absl::Duration lease() const { return lease_; }
  int ShardOf(const OrderKey& key) const { return orchestrator::ShardOf(key, count_); }

  // nullptr if it is not owned, or owned but not loaded.
  OwnedShard* Usable(int shard);
  OwnedShard* Find(int shard);
  bool Owns(int shard, std::int64_t token) const;
  std::map<int, OwnedShard>& owned() { return owned_; }

  // Those beyond this process's fair share, as far as the other replicas are known: to be given back.
  std::vector<int> Excess() const;
  // The shard is owned no longer; the next request gives it back.
  void Release(int shard);
  LeaseRequest MakeRequest(absl::Duration monotonic_now);
  struct Change {
    std::vector<int> lost;
    std::vector<int> taken;
  };
  // `asked`, `now`: monotonic times at which the request was sent, and the reply came.
  Change Apply(const LeaseReply& reply, absl::Duration asked, absl::Duration now);
  // How long until a shard that this process lacks may be free; infinite if it has its share.
  absl::Duration UntilFree(const LeaseReply& reply, absl::Duration now) const;
  // Shards whose trust has run out; they are owned no longer.
  std::vector<int> Expire(absl::Duration monotonic_now);
  void Drop(int shard) { owned_.erase(shard); }
  // The shard stays owned, and is to be loaded anew.
  void Unload(int shard) {
    if (OwnedShard* owned = Find(shard)) owned->loaded = false;
  }

  // Gives everything back: the next request releases all and takes none.
  void Retire() { retiring_ = true; }

 private:
  // The shares of all replicas make up all shards; the first by rank have what does not divide.
  int FairShare() const { return count_ / replicas_ + (rank_ < count_ % replicas_ ? 1 : 0); }

  void CountReplicas(const LeaseReply& reply, absl::Duration now);

  const std::string owner_;
  const std::string address_;
  const absl::Duration lease_;
  int count_ = 0;
  bool retiring_ = false;
  int replicas_ = 1;
  int rank_ = 0;
  std::vector<int> releasing_;
  std::map<int, OwnedShard> owned_;
  std::map<int, absl::Time> terms_;  // of all shards, as last read
  Silence<int> silence_of_shards_;
  Silence<std::string> silence_of_replicas_;
};

}  // namespace ordersaga::orchestrator
