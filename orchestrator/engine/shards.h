// The life of the shards that this process owns: taken, loaded, in use, lost or given back. Talks to both stores, and
// tells the parts of the engine that keep something of a shard. Loop thread only, where nothing else is said.
//
// Leases are renewed eight times per lease; a shard that becomes free is asked for at once. One that is taken is used
// as soon as it has been read. One that is lost (by the reply, by time, by the fence) is dropped by every part.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "orchestrator/engine/database_health.h"
#include "orchestrator/engine/holds.h"
#include "orchestrator/engine/leases.h"
#include "orchestrator/engine/loop.h"
#include "orchestrator/engine/owners.h"
#include "orchestrator/engine/shard_user.h"
#include "orchestrator/engine/stats.h"

namespace ordersaga::orchestrator {

class Shards {
 public:
  // Everything passed by reference must outlive it. `owner`, `address`: as EngineOptions has them.
  Shards(std::string owner, std::string address, absl::Duration lease, Loop& loop, SagaStore& store,
         ShardStore& shard_store, DatabaseHealth& health, Stats& stats);

  // Before Start. `user` must outlive it.
  void Add(ShardUser& user) { users_.push_back(&user); }
  // Before the loop runs: how many shards the database has. The loop's first closure asks for them.
  void Start(int count);

  int count() const { return leases_.count(); }  // any thread
  Leases& leases() { return leases_; }
  const Owners& owners() const { return owners_; }  // any thread
  const Holds& holds() const { return holds_; }     // any thread

  // Drops those whose lease has run out.
  void Expire();
  // The shard belongs to somebody else now, or will: every part drops it.
  void Lose(int shard);
  // Drops a shard and reads it again, under the lease it has.
  void Reload(int shard);

  // Begins to stop: asks for no more shards. `done` runs once they have been given back.
  void Drain(absl::Duration patience, Loop::Closure done);
  bool draining() const { return draining_; }
  // To be called while draining and no turn is out: gives all shards back if the relay is idle or patience has ended.
  void Retire(bool relay_is_idle);

  void UpdateLevels();

 private:
  void Renew();
  void OnReply(absl::Duration asked, const absl::StatusOr<LeaseReply>& reply);
  void ReadClock(absl::Time database_now);
  void Load(int shard);
  void OnLoaded(int shard, std::int64_t token, const absl::StatusOr<ShardContents>& contents);

  Loop& loop_;
  SagaStore& store_;
  ShardStore& shard_store_;
  DatabaseHealth& health_;
  Stats& stats_;
  Leases leases_;
  Owners owners_;
  Holds holds_;
  std::vector<ShardUser*> users_;
  bool out_of_step_ = false;  // with the database's clock, as last logged
  bool asking_ = false;       // a request is under way
  bool draining_ = false;
  bool retired_ = false;  // the last request gives all back
  absl::Duration drain_until_;
  Loop::Closure drained_;
};

}  // namespace ordersaga::orchestrator
