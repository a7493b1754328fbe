// DatabaseExaminer on PostgreSQL.
#pragma once

#include "orchestrator/ports/database_examiner.h"
#include "platform/pg/pqxx.h"

namespace ordersaga::orchestrator {

class DatabaseExaminerPg final : public DatabaseExaminer, public Service {
 public:
  explicit DatabaseExaminerPg(const pg::SessionOptions& options) : pool_(options, 1, 100) {}

  absl::Status Start() override { return pool_.Start(); }
  void Stop() override { pool_.Stop(); }

  void Examine(Done<DatabaseFacts> done) override;

 private:
  pg::PqxxPool pool_;
};

}  // namespace ordersaga::orchestrator
