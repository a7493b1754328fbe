// A replica reduced to what the stores see of it: tokens, turn numbers and positions, and the turns made of them.
#pragma once

#include <map>

#include "orchestrator/core/event.h"
#include "tests/conformance/world.h"

namespace ordersaga::orchestrator {

class Owner {
 public:
  Owner(World& world, const std::string& name) : Owner(world.Open(name), name) {}
  Owner(Stores stores, std::string name) : stores_(std::move(stores)), name_(std::move(name)) {}

  SagaStore& sagas() { return *stores_.sagas; }
  ShardStore& shards() { return *stores_.shards; }

  // An empty request in this owner's name.
  LeaseRequest Request() const;
  LeaseReply Lease(LeaseRequest request);
  // Takes at most `count` shards and loads what they hold. Returns those it got.
  std::vector<ShardLease> Take(int count);
  ShardContents Load(int shard);

  // The next turn: the shards that the writes touch (and `more`), as this owner knows them.
  Turn MakeTurn(std::vector<SagaWrite> writes, std::vector<ParkWrite> parks = {}, std::vector<int> more = {});
  CommitResult Commit(Turn turn);
  CommitResult Commit(std::vector<SagaWrite> writes, std::vector<ParkWrite> parks = {});
  // Has heard that `turn` was committed (from Commit, it has heard already).
  void Heard(const Committed& committed);

  ShardTurn& known(int shard) { return known_[shard]; }
  void SetRelayed(int shard, std::int64_t position) { known_[shard].relayed_position = position; }

  std::vector<OutboxEvent> Events(int shard, std::int64_t after = 0, int limit = 1000);
  std::vector<OutboxEvent> Held(int shard, std::int64_t after = 0, int limit = 1000);
  SagasRead Read(std::vector<Uuid> ids);
  // Throws if the saga is not there.
  Saga ReadOne(const Uuid& id);
  std::vector<ShardRow> Rows(std::vector<int> shards);

 private:
  Stores stores_;
  const std::string name_;
  std::map<int, ShardTurn> known_;
};

const Definition& TestDefinition();

// A new order of this shard under this key, younger than those made before. `start` false: it waits.
SagaWrite Placed(int shard, const std::string& key, bool start = true);
// What the core makes of a saga when this happens.
SagaWrite After(const Saga& saga, const Event& event);
// The current action's answers.
SagaWrite AfterApplied(const Saga& saga);
SagaWrite AfterRejected(const Saga& saga);

std::vector<std::int64_t> Positions(const std::vector<OutboxEvent>& events);

// EXPECTs that every field is the same.
void ExpectSame(const Saga& left, const Saga& right);

}  // namespace ordersaga::orchestrator
