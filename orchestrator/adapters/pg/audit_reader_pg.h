// AuditReader on PostgreSQL, over threads of its own: an audit must not hold up reads of orders.
#pragma once

#include "orchestrator/ports/audit_reader.h"
#include "platform/pg/pool.h"

namespace ordersaga::orchestrator {

class AuditReaderPg final : public AuditReader, public Service {
 public:
  // `event_retention`: events younger than this are there.
  AuditReaderPg(const pg::SessionOptions& options, absl::Duration event_retention);

  absl::Status Start() override;
  void Stop() override;

  void Read(AuditRange range, std::function<void(absl::StatusOr<AuditPage>)> done) override;
  void CheckKeys(Uuid first, Uuid last, std::function<void(absl::StatusOr<KeyFaults>)> done) override;

 private:
  // The range it reads ends where the page does.
  AuditPage ReadSagas(pg::Tx& tx, AuditRange& range) const;
  void ReadRest(pg::Tx& tx, const AuditRange& range, AuditPage& page) const;

  const absl::Duration event_retention_;
  const std::string snapshot_, sagas_, events_, journal_, keys_, shards_, now_;
  pg::SessionPool pool_;
  pg::SessionPool keys_pool_;
};

}  // namespace ordersaga::orchestrator
