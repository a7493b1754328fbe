// AuditReader on PostgreSQL, over threads of its own: an audit must not hold up reads of orders.
#pragma once

#include "orchestrator/ports/audit_reader.h"
#include "platform/pg/pqxx.h"

namespace ordersaga::orchestrator {

class AuditReaderPg final : public AuditReader, public Service {
 public:
  // `event_retention`: events younger than this are there.
  AuditReaderPg(const pg::SessionOptions& options, absl::Duration event_retention);

  absl::Status Start() override;
  void Stop() override;

  void Read(AuditRange range, Done<AuditPage> done) override;

 private:
  // The range it reads ends where the page does.
  AuditPage ReadSagas(pg::PqxxTx& tx, AuditRange& range) const;
  void ReadRest(pg::PqxxTx& tx, const AuditRange& range, AuditPage& page) const;

  const absl::Duration event_retention_;
  pg::PqxxPool pool_;
};

}  // namespace ordersaga::orchestrator
