// SagaStore and ShardStore over plain maps: for tests and simulation. Same rules as PostgreSQL's: tokens are proved,
// keys are unique, positions gapless, a turn is stored whole or not at all.
//
// Single-threaded. `done` is called before the method returns.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/ports/saga_store.h"
#include "orchestrator/ports/shard_store.h"
#include "platform/base/clock.h"

namespace ordersaga::orchestrator {

// What would be in the database; several stores (replicas) may share one.
struct MemoryDatabase {
  struct ShardState {
    std::string owner;
    std::string address;
    std::int64_t token = 0;
    std::int64_t turn = 0;
    absl::Time lease_until = absl::InfinitePast();
    std::int64_t next_position = 1;
    std::int64_t relayed_position = 0;
  };
  struct KeyState {
    Uuid saga;
    std::string fingerprint;
  };

  explicit MemoryDatabase(int shard_count) : shards(static_cast<std::size_t>(shard_count)) {}

  std::vector<ShardState> shards;
  std::map<Uuid, Saga> sagas;
  std::map<Uuid, std::vector<JournalEntry>> journal;
  std::map<std::pair<std::string, std::string>, KeyState> keys;  // (scope, key)
  std::map<std::pair<int, std::int64_t>, OutboxEvent> outbox;    // (shard, position)
};

class MemoryStore : public SagaStore, public ShardStore {
 public:
  MemoryStore(MemoryDatabase& database, const Clock& clock) : db_(database), clock_(clock) {}

  void Commit(Turn turn, std::function<void(CommitResult)> done) override;
  void ReadShards(std::vector<int> shards, std::function<void(absl::StatusOr<std::vector<ShardRow>>)> done) override;
  void LoadShard(int shard, std::function<void(absl::StatusOr<ShardContents>)> done) override;
  void ReadEvents(int shard, std::int64_t after, int limit,
                  std::function<void(absl::StatusOr<std::vector<OutboxEvent>>)> done) override;
  void Lease(LeaseRequest request, std::function<void(absl::StatusOr<LeaseReply>)> done) override;
  void ListOwners(std::function<void(absl::StatusOr<std::vector<ShardOwner>>)> done) override;

  // Applies a turn; what Commit reports.
  CommitResult Apply(const Turn& turn);

 private:
  void Write(const SagaWrite& write, Committed& committed);

  MemoryDatabase& db_;
  const Clock& clock_;
};

}  // namespace ordersaga::orchestrator
