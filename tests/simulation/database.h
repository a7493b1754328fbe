// The simulated database server and each replica's connection to it: the rows and rules of the in-memory store, with
// time in between. A commit has a middle, in which its shard rows are locked; a frozen owner's transaction is thrown
// out after a while; a COMMIT may be lost on its way, or its answer, or be still under way when the connection is gone.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "orchestrator/adapters/memory/memory_store.h"
#include "tests/simulation/machine.h"
#include "tests/simulation/world.h"

namespace ordersaga::sim {

class Database {
 public:
  Database(World& world, int shards) : world_(world), clock_(world), rows_(shards), store_(rows_, clock_) {}

  orchestrator::MemoryDatabase& rows() { return rows_; }
  const orchestrator::MemoryDatabase& rows() const { return rows_; }
  orchestrator::MemoryStore& store() { return store_; }
  const Clock& clock() const { return clock_; }

  // Faults, set by the schedule.
  bool away = false;
  double in_doubt = 0.0;  // of each commit
  // Called once, when a turn is about to be sent, or has passed its fence.
  std::function<void(const std::string& owner)> on_commit;
  std::function<void(const std::string& owner)> on_begin;
  std::set<Uuid> bad_rows;  // sagas that cannot be stored, once

  // Called with every turn that has just been applied, and whose it was.
  std::function<void(const std::string& owner, const orchestrator::Turn&)> on_applied;

  bool Locked(const std::vector<int>& shards) const;
  void Lock(const std::vector<int>& shards, bool locked);
  // Runs `then` once none of the shards is locked, at once if possible.
  void WhenUnlocked(std::vector<int> shards, World::Closure then);

 private:
  struct Waiter {
    std::vector<int> shards;
    World::Closure then;
  };
  World& world_;
  MachineClock clock_;
  orchestrator::MemoryDatabase rows_;
  orchestrator::MemoryStore store_;
  std::vector<Waiter> waiters_;
};

// One replica's stores, over connections that its machine's fate touches.
class Connection final : public orchestrator::SagaStore, public orchestrator::ShardStore {
 public:
  // `owner`: whose turns these are, for the checks. A transaction whose owner is frozen ends after `idle_limit`.
  Connection(World& world, Database& database, std::shared_ptr<Machine> machine, std::string owner,
             absl::Duration idle_limit)
      : world_(world),
        database_(database),
        machine_(std::move(machine)),
        owner_(std::move(owner)),
        idle_limit_(idle_limit) {}

  void Commit(orchestrator::Turn turn, std::function<void(orchestrator::CommitResult)> done) override;
  void ReadShards(std::vector<int> shards, Done<std::vector<orchestrator::ShardRow>> done) override;
  void LoadShard(int shard, Done<orchestrator::ShardContents> done) override;
  void ReadSagas(std::vector<Uuid> ids, Done<orchestrator::SagasRead> done) override;
  void ReadWaiting(int shard, int limit, Done<orchestrator::SagasRead> done) override;
  void ReadEvents(int shard, std::int64_t after, int limit, Done<std::vector<orchestrator::OutboxEvent>> done) override;
  void ReadHeld(int shard, std::int64_t after, int limit, Done<std::vector<orchestrator::OutboxEvent>> done) override;
  void Lease(orchestrator::LeaseRequest request, Done<orchestrator::LeaseReply> done) override;

 private:
  struct Transaction;
  void Begin(std::shared_ptr<Transaction> tx);
  void End(const std::shared_ptr<Transaction>& tx);
  void Finish(const std::shared_ptr<Transaction>& tx);
  void Apply(Transaction& tx);
  void FailOver(const std::shared_ptr<Transaction>& tx);
  void Answer(World::Closure answer);
  absl::Duration Trip();
  // A read: one trip there, `read` on what is stored then, one trip back.
  template <typename T>
  void Read(std::function<T()> read, Done<T> done);

  World& world_;
  Database& database_;
  const std::shared_ptr<Machine> machine_;
  const std::string owner_;
  const absl::Duration idle_limit_;
};

}  // namespace ordersaga::sim
