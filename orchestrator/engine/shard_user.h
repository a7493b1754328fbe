// What Shards tells the parts of the engine that keep something of each shard. Loop thread only.
#pragma once

#include "orchestrator/ports/saga_store.h"

namespace ordersaga::orchestrator {

class ShardUser {
 public:
  virtual ~ShardUser() = default;
  // The shard has been loaded: it may be used from now on.
  virtual void AddShard(const ShardContents& /*contents*/) {}
  // Forget everything about it. Also called for a shard that was not added.
  virtual void DropShard(int shard) = 0;
};

}  // namespace ordersaga::orchestrator
