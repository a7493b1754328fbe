// SagaReader on PostgreSQL, over a small pool with a bounded queue.
#pragma once

#include "orchestrator/ports/saga_reader.h"
#include "platform/pg/pool.h"

namespace ordersaga::orchestrator {

class SagaReaderPg final : public SagaReader, public Service {
 public:
  explicit SagaReaderPg(pg::SessionOptions options);

  absl::Status Start() override { return pool_.Start(); }
  void Stop() override { pool_.Stop(); }

  void Get(Uuid id, std::function<void(absl::StatusOr<Saga>)> done) override;
  void GetHistory(Uuid id, std::function<void(absl::StatusOr<SagaHistory>)> done) override;
  void List(SagaFilter filter, std::function<void(absl::StatusOr<std::vector<Saga>>)> done) override;
  void ReadJournal(std::vector<JournalPosition> positions,
                   std::function<void(absl::StatusOr<std::vector<JournalRecord>>)> done) override;

 private:
  struct WaitingGet {
    Uuid id;
    std::function<void(absl::StatusOr<Saga>)> done;
  };
  std::vector<WaitingGet> TakeGets();
  void ServeGets(pg::Session& session);
  absl::StatusOr<Saga> Read(pg::Tx& tx, const Uuid& id) const;
  pg::Result Page(pg::Tx& tx, const SagaFilter& filter) const;

  const std::string get_, gets_sql_, journal_, list_, list_open_, read_journal_;
  absl::Mutex mu_;
  std::vector<WaitingGet> gets_ ABSL_GUARDED_BY(mu_);
  bool get_scheduled_ ABSL_GUARDED_BY(mu_) = false;  // a task will take them
  pg::SessionPool pool_;
};

}  // namespace ordersaga::orchestrator
