#include "orchestrator/adapters/pg/shard_store_pg.h"

#include "orchestrator/adapters/pg/columns.h"
#include "orchestrator/adapters/pg/owner_session.h"
#include "orchestrator_sql.embed.h"
#include "platform/pg/sql.h"
#include "platform/pg/time.h"

namespace ordersaga::orchestrator {
namespace {

void Collect(const pg::Result& rows, std::vector<ShardLease>& leases) {
  for (const auto& row : rows) leases.push_back({row[0].as<int>(), row[1].as<std::int64_t>()});
}

}  // namespace

ShardStorePg::ShardStorePg(pg::SessionOptions options, absl::Duration lease)
    : join_(pg::SqlFile(kOrchestratorSql, "lease_join.sql")),
      leave_(pg::SqlFile(kOrchestratorSql, "lease_leave.sql")),
      renew_(pg::SqlFile(kOrchestratorSql, "lease_renew.sql")),
      release_(pg::SqlFile(kOrchestratorSql, "lease_release.sql")),
      take_(pg::SqlFile(kOrchestratorSql, "lease_take.sql")),
      now_(pg::SqlFile(kOrchestratorSql, "now.sql")),
      replicas_(pg::SqlFile(kOrchestratorSql, "lease_replicas.sql")),
      owners_(pg::SqlFile(kOrchestratorSql, "list_owners.sql")),
      pool_(OwnerSession(std::move(options), lease), 1, 1000) {}

void ShardStorePg::Write(pg::Tx& tx, const LeaseRequest& request, LeaseReply& reply) const {
  const double seconds = absl::ToDoubleSeconds(request.lease);
  if (request.leaving) {
    tx.Exec(leave_, request.owner);
  } else {
    tx.Exec(join_, request.owner, request.address, seconds);
  }
  if (!request.renew.empty()) {
    Collect(tx.Exec(renew_, seconds, Column(request.renew, [](auto& l) { return Smallint(l.shard); }),
                    Column(request.renew, [](auto& l) { return l.token; })),
            reply.renewed);
  }
  if (!request.release.empty()) {
    tx.Exec(release_, Column(request.release, [](int shard) { return Smallint(shard); }), request.owner);
  }
  if (request.take > 0) {
    Collect(tx.Exec(take_, request.owner, request.address, seconds, request.take,
                    Column(request.silent, [](auto& term) { return Smallint(term.shard); }),
                    Column(request.silent, [](auto& term) { return term.lease_until; })),
            reply.taken);
  }
}

void ShardStorePg::Look(pg::Tx& tx, LeaseReply& reply) const {
  const pg::Reply now = tx.Queue(now_);
  for (const auto& row : tx.Exec(replicas_)) reply.replicas.push_back({row[0].c_str(), pg::FromPg(row[1].c_str())});
  reply.now = pg::FromPg(now.rows()[0][0].c_str());
  for (const auto& row : tx.Exec(owners_)) {
    reply.owners.push_back({row[0].as<int>(), row[1].c_str(), row[2].c_str(), pg::FromPg(row[3].c_str())});
  }
}

void ShardStorePg::Lease(LeaseRequest request, std::function<void(absl::StatusOr<LeaseReply>)> done) {
  auto task = [this, request = std::move(request), done](pg::Session& session) {
    LeaseReply reply;
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      Write(tx, request, reply);
      Look(tx, reply);
      return absl::OkStatus();
    });
    if (!status.ok()) return done(status);
    done(std::move(reply));
  };
  if (!pool_.Submit(std::move(task))) done(absl::UnavailableError("the store is stopping"));
}

}  // namespace ordersaga::orchestrator
