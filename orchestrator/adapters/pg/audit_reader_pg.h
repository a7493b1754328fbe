// AuditReader on PostgreSQL, over a thread of its own: an audit must not hold up reads of orders.
#pragma once

#include "orchestrator/ports/audit_reader.h"
#include "platform/pg/pool.h"

namespace ordersaga::orchestrator {

class AuditReaderPg final : public AuditReader, public Service {
 public:
  // `event_retention`: events younger than this are there.
  AuditReaderPg(pg::SessionOptions options, absl::Duration event_retention);

  absl::Status Start() override { return pool_.Start(); }
  void Stop() override { pool_.Stop(); }

  void Read(AuditRange range, std::function<void(absl::StatusOr<std::vector<AuditRow>>)> done) override;

 private:
  std::vector<AuditRow> ReadSagas(pg::Tx& tx, const AuditRange& range) const;
  void ReadEvents(pg::Tx& tx, std::vector<AuditRow>& rows) const;

  const absl::Duration event_retention_;
  const std::string snapshot_, sagas_, events_, now_;
  pg::SessionPool pool_;
};

}  // namespace ordersaga::orchestrator
