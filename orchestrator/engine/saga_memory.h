// The sagas in memory, and the inputs that wait for theirs to be read from the store. Loop thread only.
//
// A saga stands here as it was last decided, stored or not. It is a cache: what is missing is read again, and the store
// refuses to write over a version that is newer than what was decided on (Stale).
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "orchestrator/engine/input.h"
#include "orchestrator/engine/leases.h"
#include "orchestrator/engine/loop.h"

namespace ordersaga::orchestrator {

constexpr std::size_t kBatch = 512;  // sagas read at once

class SagaMemory {
 public:
  // `deliver` gets the inputs whose saga has been read. Everything passed by reference must outlive it.
  SagaMemory(Loop& loop, SagaStore& store, Leases& leases, std::function<void(SagaInput)> deliver)
      : loop_(loop), store_(store), leases_(leases), deliver_(std::move(deliver)) {}

  std::size_t size() const { return sagas_.size(); }
  // nullptr if it is not in memory. Valid until the next change.
  const Saga* Find(const Uuid& id) const;
  void Put(const Saga& saga) { sagas_.insert_or_assign(saga.id(), saga); }
  // False if it is there already: that one is newer.
  bool PutIfAbsent(const Saga& saga) { return sagas_.try_emplace(saga.id(), saga).second; }
  void Forget(const Uuid& id) { sagas_.erase(id); }
  void DropShard(int shard);

  // Keeps the input until its saga has been read.
  void Await(SagaInput input);
  // False while a whole batch is awaited.
  bool CanAwait() const { return awaited_.size() < kBatch; }
  // Reads what is awaited, unless a read is under way.
  void Read();

 private:
  struct Asked {
    Uuid id;
    std::int64_t token;  // of its shard when it was asked for
  };
  void OnRead(const std::vector<Asked>& asked, const absl::StatusOr<SagasRead>& read);

  Loop& loop_;
  SagaStore& store_;
  Leases& leases_;
  const std::function<void(SagaInput)> deliver_;
  absl::flat_hash_map<Uuid, Saga> sagas_;
  std::map<Uuid, std::vector<SagaInput>> awaited_;  // ordered: what is read first must not depend on chance
  bool reading_ = false;
};

// Says in the log which stored sagas cannot be understood.
void LogUnreadable(const SagasRead& read);

}  // namespace ordersaga::orchestrator
