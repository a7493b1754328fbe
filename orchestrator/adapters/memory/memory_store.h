// SagaStore and ShardStore over plain maps: for tests and simulation. Same rules as PostgreSQL's: tokens are proved,
// keys are unique, positions gapless, a turn is stored whole or not at all.
//
// Single-threaded. `done` is called before the method returns.
#pragma once

#include <map>
#include <string>
#include <tuple>
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
    LogHead log_head;
    bool locked = false;  // by a transaction that has passed its fence and not ended: takers skip it
  };
  using Key = std::tuple<int, std::string, std::string>;  // (shard, client, key)
  struct KeyState {
    Uuid saga;
    std::string fingerprint;
  };

  explicit MemoryDatabase(int shard_count) : shards(static_cast<std::size_t>(shard_count)) {}

  std::vector<ShardState> shards;
  std::map<std::string, absl::Time> replicas;  // owner -> seen until
  std::map<Uuid, Saga> sagas;
  std::map<Uuid, std::vector<JournalEntry>> journal;
  std::map<Key, KeyState> keys;
  std::map<std::pair<int, std::int64_t>, OutboxEvent> outbox;  // (shard, position)
  std::map<std::pair<int, std::int64_t>, OutboxEvent> held;    // (shard, position)
  std::vector<LogRow> operator_log;
  std::vector<ParticipantHold> holds;
};

class MemoryStore : public SagaStore, public ShardStore {
 public:
  MemoryStore(MemoryDatabase& database, const Clock& clock) : db_(database), clock_(clock) {}

  void Commit(Turn turn, std::function<void(CommitResult)> done) override;
  void ReadShards(std::vector<int> shards, Done<std::vector<ShardRow>> done) override;
  void LoadShard(int shard, Done<ShardContents> done) override;
  void ReadSagas(std::vector<Uuid> ids, Done<SagasRead> done) override;
  void ReadWaiting(int shard, int limit, Done<SagasRead> done) override;
  void ReadEvents(int shard, std::int64_t after, int limit, Done<std::vector<OutboxEvent>> done) override;
  void ReadHeld(int shard, std::int64_t after, int limit, Done<std::vector<OutboxEvent>> done) override;
  void Lease(LeaseRequest request, Done<LeaseReply> done) override;

  // What the ports report, at once: for stores that answer later.
  CommitResult Apply(const Turn& turn);
  LeaseReply Apply(const LeaseRequest& request);
  ShardContents Contents(int shard) const;
  SagasRead Find(const std::vector<Uuid>& ids) const;
  SagasRead OldestWaiting(int shard, int limit) const;

 private:
  BadRows Unstorable(const Turn& turn) const;
  void Write(const SagaWrite& write, Committed& committed);
  void Write(const HoldChange& change);
  void Take(const LeaseRequest& request, LeaseReply& reply);

  MemoryDatabase& db_;
  const Clock& clock_;
};

}  // namespace ordersaga::orchestrator
