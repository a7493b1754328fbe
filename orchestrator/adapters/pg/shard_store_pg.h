// ShardStore on PostgreSQL, on a thread and connection of its own: a slow commit must not delay a renewal.
#pragma once

#include <atomic>

#include "orchestrator/ports/shard_store.h"
#include "platform/pg/pool.h"

namespace ordersaga::orchestrator {

class ShardStorePg final : public ShardStore, public Service {
 public:
  ShardStorePg(pg::SessionOptions options, absl::Duration lease);

  absl::Status Start() override { return pool_.Start(); }
  void Stop() override { pool_.Stop(); }

  void Lease(LeaseRequest request, Done<LeaseReply> done) override;

 private:
  void Write(pg::Tx& tx, const LeaseRequest& request, LeaseReply& reply) const;
  void ReadHolds(pg::Tx& tx, LeaseReply& reply) const;
  void Look(pg::Tx& tx, LeaseReply& reply) const;

  pg::SessionPool pool_;
  mutable std::atomic<bool> holds_exist_{false};  // this database has the table
};

}  // namespace ordersaga::orchestrator
