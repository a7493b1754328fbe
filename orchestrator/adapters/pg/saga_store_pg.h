// SagaStore on PostgreSQL. Commits run one after another on a thread and connection of their own, reads on another, so
// that neither the loop nor a commit waits for a read.
#pragma once

#include "orchestrator/ports/saga_store.h"
#include "platform/pg/pool.h"

namespace ordersaga::orchestrator {

class SagaStorePg final : public SagaStore, public Service {
 public:
  // `lease`: engine connections give up an idle transaction before half of it has passed, so that an owner that
  // freezes inside one cannot hold its successor up.
  SagaStorePg(pg::SessionOptions options, absl::Duration lease);

  absl::Status Start() override;
  void Stop() override;

  void Commit(Turn turn, std::function<void(CommitResult)> done) override;
  void ReadShards(std::vector<int> shards, Done<std::vector<ShardRow>> done) override;
  void LoadShard(int shard, Done<ShardContents> done) override;
  void ReadSagas(std::vector<Uuid> ids, Done<SagasRead> done) override;
  void ReadWaiting(int shard, int limit, Done<SagasRead> done) override;
  void ReadEvents(int shard, std::int64_t after, int limit, Done<std::vector<OutboxEvent>> done) override;
  void ReadHeld(int shard, std::int64_t after, int limit, Done<std::vector<OutboxEvent>> done) override;

 private:
  CommitResult CommitNow(pg::Session& session, const Turn& turn) const;
  std::vector<Uuid> FindBadRows(pg::Session& session, const Turn& turn) const;

  pg::SessionPool commits_;
  pg::SessionPool reads_;
};

}  // namespace ordersaga::orchestrator
