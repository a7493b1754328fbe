// A wrong store, for one purpose: to show that the suite finds it. It checks the token by a plain SELECT and then
// writes, as if nobody could take the shard in between.
#pragma once

#include "orchestrator/ports/saga_store.h"
#include "platform/pg/pool.h"

namespace ordersaga::orchestrator {

// Stores new orders only; reads go to `reads`.
class PlainSelectStore final : public SagaStore {
 public:
  PlainSelectStore(const pg::SessionOptions& options, std::shared_ptr<SagaStore> reads);

  void Commit(Turn turn, std::function<void(CommitResult)> done) override;
  void ReadShards(std::vector<int> shards, Done<std::vector<ShardRow>> done) override {
    reads_->ReadShards(std::move(shards), std::move(done));
  }
  void LoadShard(int shard, Done<ShardContents> done) override { reads_->LoadShard(shard, std::move(done)); }
  void ReadSagas(std::vector<Uuid> ids, Done<SagasRead> done) override {
    reads_->ReadSagas(std::move(ids), std::move(done));
  }
  void ReadWaiting(int shard, int limit, Done<SagasRead> done) override {
    reads_->ReadWaiting(shard, limit, std::move(done));
  }
  void ReadEvents(int shard, std::int64_t after, int limit, Done<std::vector<OutboxEvent>> done) override {
    reads_->ReadEvents(shard, after, limit, std::move(done));
  }
  void ReadHeld(int shard, std::int64_t after, int limit, Done<std::vector<OutboxEvent>> done) override {
    reads_->ReadHeld(shard, after, limit, std::move(done));
  }

 private:
  const std::shared_ptr<SagaStore> reads_;
  pg::SessionPool commits_;
};

}  // namespace ordersaga::orchestrator
