// SagaStore on PostgreSQL. Commits run one after another on a thread and connection of their own, reads on another, so
// that neither the loop nor a commit waits for a read.
#pragma once

#include "orchestrator/adapters/pg/turn_writer.h"
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
  void ReadShards(std::vector<int> shards, std::function<void(absl::StatusOr<std::vector<ShardRow>>)> done) override;
  void LoadShard(int shard, std::function<void(absl::StatusOr<ShardContents>)> done) override;
  void ReadSagas(std::vector<Uuid> ids, std::function<void(absl::StatusOr<SagasRead>)> done) override;
  void ReadWaiting(int shard, int limit, std::function<void(absl::StatusOr<SagasRead>)> done) override;
  void ReadEvents(int shard, std::int64_t after, int limit,
                  std::function<void(absl::StatusOr<std::vector<OutboxEvent>>)> done) override;
  void ReadHeld(int shard, std::int64_t after, int limit,
                std::function<void(absl::StatusOr<std::vector<OutboxEvent>>)> done) override;

 private:
  void ReadRows(const std::string& sql, int shard, std::int64_t after, int limit,
                const std::function<void(absl::StatusOr<std::vector<OutboxEvent>>)>& done);
  CommitResult CommitNow(pg::Session& session, const Turn& turn) const;
  std::vector<Uuid> FindBadRows(pg::Session& session, const Turn& turn) const;

  const TurnWriter writer_;
  const std::string read_shards_, load_shard_, load_open_, load_counts_, read_sagas_, read_waiting_, read_events_,
      read_held_, load_held_;
  pg::SessionPool commits_;
  pg::SessionPool reads_;
};

}  // namespace ordersaga::orchestrator
