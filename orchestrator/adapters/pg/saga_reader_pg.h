// SagaReader on PostgreSQL, over small pools with bounded queues: a long list holds up nobody who asks by id.
#pragma once

#include "orchestrator/ports/saga_reader.h"
#include "platform/pg/pqxx.h"

namespace ordersaga::orchestrator {

class SagaReaderPg final : public SagaReader, public Service {
 public:
  explicit SagaReaderPg(const pg::SessionOptions& options);

  absl::Status Start() override;
  void Stop() override;

  void Get(Uuid id, Done<Saga> done) override;
  void GetWithJournal(Uuid id, Done<SagaWithJournal> done) override;
  void List(SagaFilter filter, Done<std::vector<Saga>> done) override;
  void Count(SagaCount count, Done<std::vector<SagaGroup>> done) override;
  void ReadJournal(std::vector<JournalPosition> positions, Done<std::vector<JournalRecord>> done) override;

 private:
  struct WaitingGet {
    Uuid id;
    Done<Saga> done;
  };
  std::vector<WaitingGet> TakeGets();
  void ServeGets(pg::Session& session);

  absl::Mutex mu_;
  std::vector<WaitingGet> gets_ ABSL_GUARDED_BY(mu_);
  bool get_scheduled_ ABSL_GUARDED_BY(mu_) = false;  // a task will take them
  pg::SessionPool pool_;
  pg::PqxxPool lists_;
};

}  // namespace ordersaga::orchestrator
