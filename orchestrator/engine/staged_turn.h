// A turn in the making, and while it is being committed: what will be written, and what will be done once it is.
// Used by the loop only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "orchestrator/engine/shards.h"
#include "orchestrator/ports/saga_store.h"

namespace ordersaga::orchestrator {

struct Placed {
  Uuid id;
  Status status = Status::kPending;
  bool replayed = false;  // the key had made this order before
};
using PlaceDone = std::function<void(absl::StatusOr<Placed>)>;
using RequestDone = std::function<void(absl::Status)>;  // of a cancellation, or of what an operator asks

struct StagedSaga {
  std::optional<Saga> before;  // as it stands in the store; empty: the turn creates it
  SagaWrite write;
  std::vector<CallParticipant> commands;                  // after the commit
  std::vector<std::pair<PlaceDone, std::string>> placed;  // who waits, and the fingerprint of his request
  std::vector<RequestDone> requested;
};

class StagedTurn {
 public:
  bool empty() const { return sagas_.empty() && parks_.empty() && shards_.empty(); }
  std::size_t size() const { return sagas_.size(); }
  std::vector<StagedSaga>& sagas() { return sagas_; }
  const std::vector<ParkWrite>& parks() const { return parks_; }

  StagedSaga* Find(const Uuid& id);
  // The saga that this turn creates for the key, if any.
  StagedSaga* FindKey(const OrderKey& key);

  // Adds a decision's outcome; decisions of one saga pile up in one write.
  StagedSaga& Add(const Saga* before, Decision decision, std::optional<OrderKey> create);
  void Park(const Uuid& id, std::string reason) { parks_.push_back({id, std::move(reason)}); }
  // Proves and updates this shard's row even if no saga of it is written (its relay position moved).
  void Touch(int shard) { shards_.push_back(shard); }

  // The tokens under which this turn was sent.
  const std::vector<ShardTurn>& tokens() const { return tokens_; }
  // `relay` adds the relay's part of each shard.
  Turn MakeTurn(Shards& shards, const std::function<void(ShardTurn&)>& relay);

  // Takes out what belongs to shards / sagas for which `drop` says so, and returns it.
  std::vector<StagedSaga> RemoveIf(const std::function<bool(const Uuid&)>& drop);

 private:
  void Reindex();

  std::vector<StagedSaga> sagas_;
  std::vector<ParkWrite> parks_;
  std::vector<int> shards_;
  std::vector<ShardTurn> tokens_;
  absl::flat_hash_map<Uuid, std::size_t> by_id_;
  absl::flat_hash_map<std::string, std::size_t> by_key_;  // scope NUL key
};

}  // namespace ordersaga::orchestrator
