// OperatorLogReader on PostgreSQL.
#pragma once

#include "orchestrator/ports/operator_log_reader.h"
#include "platform/pg/pqxx.h"

namespace ordersaga::orchestrator {

class OperatorLogReaderPg final : public OperatorLogReader, public Service {
 public:
  explicit OperatorLogReaderPg(const pg::SessionOptions& options);

  absl::Status Start() override { return pool_.Start(); }
  void Stop() override { pool_.Stop(); }

  void List(LogFilter filter, Done<std::vector<LogRow>> done) override;
  void ReadChain(LogPlace after, int limit, Done<LogChainPage> done) override;

 private:
  pg::PqxxPool pool_;
};

}  // namespace ordersaga::orchestrator
