// A turn in the making, and while it is being committed: what will be written, and what will be done once it is.
// Loop thread only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "orchestrator/engine/input.h"
#include "orchestrator/engine/leases.h"
#include "orchestrator/operator_log/log_chain.h"
#include "orchestrator/ports/saga_store.h"

namespace ordersaga::orchestrator {

struct StagedSaga {
  std::optional<Saga> before;  // as it stands in the store; empty: the turn creates it
  SagaWrite write;
  std::vector<CallParticipant> commands;                  // after the commit
  std::vector<std::pair<PlaceDone, std::string>> placed;  // who waits, and the fingerprint of his request
  std::vector<RequestDone> requested;

  // Tells those who placed the order what their key has made: `first`, and to all but the first that it is a replay. An
  // error for those whose request was another than the one with `fingerprint`.
  void AnswerPlaced(Placed first, const std::string& fingerprint) const;
  // Tells everybody who waits for it that nothing came of it.
  void Refuse(const absl::Status& why) const;
};

// A deed that belongs to no order.
struct ShardDeed {
  LogRow row;                        // without its place in the chain
  std::optional<HoldChange> change;  // of participants
  RequestDone done;
};

// What the request does, for the operator log. Without `done`.
ShardDeed DeedOf(const HoldRequest& request, absl::Time now);
ShardDeed DeedOf(const EventsRequest& request, absl::Time now);

class StagedTurn {
 public:
  bool empty() const { return sagas_.empty() && parks_.empty() && shards_.empty() && shard_deeds_.empty(); }
  std::size_t size() const { return sagas_.size(); }
  // How many of them are new orders whose first step it starts.
  std::size_t starts() const { return starts_; }
  std::vector<StagedSaga>& sagas() { return sagas_; }

  StagedSaga* Find(const Uuid& id);
  // The saga that this turn creates for the key, if any.
  StagedSaga* FindKey(const OrderKey& key);

  // Adds a decision's outcome; decisions of one saga pile up in one write.
  StagedSaga& Add(const Saga* before, Decision decision, std::optional<OrderKey> create);
  void Park(const Uuid& id, std::string reason) { parks_.push_back({id, std::move(reason)}); }
  // Proves and updates this shard's row even if no saga of it is written (its relay position moved).
  void Touch(int shard) { shards_.push_back(shard); }

  void Add(ShardDeed deed) { shard_deeds_.push_back(std::move(deed)); }
  // Takes them out.
  std::vector<ShardDeed> TakeShardDeeds() { return std::exchange(shard_deeds_, {}); }

  // The tokens under which this turn was sent.
  const std::vector<ShardTurn>& tokens() const { return tokens_; }
  // `relay` adds the relay's part of each shard.
  Turn MakeTurn(Leases& leases, const LogChain& chain, const std::function<void(ShardTurn&)>& relay);

  // Takes out the sagas for which `drop` says so, to be written or parked, and returns what was to be written.
  std::vector<StagedSaga> RemoveIf(const std::function<bool(const Uuid&)>& drop);
  // Takes out all sagas.
  std::vector<StagedSaga> TakeAll();

 private:
  std::vector<LogRow> Log(int shard, LogHead head, const LogChain& chain) const;
  void Reindex();

  std::vector<StagedSaga> sagas_;
  std::size_t starts_ = 0;
  std::vector<ParkWrite> parks_;
  std::vector<int> shards_;
  std::vector<ShardDeed> shard_deeds_;
  std::vector<ShardTurn> tokens_;
  absl::flat_hash_map<Uuid, std::size_t> by_id_;
  absl::flat_hash_map<std::string, std::size_t> by_key_;  // client NUL key
  bool deeds_ = false;                                    // some of them are an operator's
};

}  // namespace ordersaga::orchestrator
