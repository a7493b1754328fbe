#include "orchestrator/adapters/pg/shard_store_pg.h"

#include "orchestrator/adapters/pg/columns.h"
#include "orchestrator_sql.embed.h"
#include "platform/pg/sql.h"

namespace ordersaga::orchestrator {
namespace {

pg::SessionOptions LeaseSession(pg::SessionOptions options, absl::Duration lease) {
  options.idle_in_transaction_timeout = lease * 0.45;
  options.statement_timeout = lease;
  return options;
}

void Collect(const pqxx::result& rows, std::vector<ShardLease>& leases) {
  for (const auto& row : rows) leases.push_back({row[0].as<int>(), row[1].as<std::int64_t>()});
}

}  // namespace

ShardStorePg::ShardStorePg(pg::SessionOptions options, absl::Duration lease)
    : renew_(pg::SqlFile(kOrchestratorSql, "lease_renew.sql")),
      release_(pg::SqlFile(kOrchestratorSql, "lease_release.sql")),
      take_(pg::SqlFile(kOrchestratorSql, "lease_take.sql")),
      now_(pg::SqlFile(kOrchestratorSql, "lease_now.sql")),
      owners_(pg::SqlFile(kOrchestratorSql, "list_owners.sql")),
      pool_(LeaseSession(std::move(options), lease), 1, 1000) {}

void ShardStorePg::Lease(LeaseRequest request, std::function<void(absl::StatusOr<LeaseReply>)> done) {
  auto task = [this, request = std::move(request), done](pg::Session& session) {
    LeaseReply reply;
    const double seconds = absl::ToDoubleSeconds(request.lease);
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      if (!request.renew.empty()) {
        Collect(tx.Exec(renew_, seconds, Column(request.renew, [](auto& l) { return std::int64_t{l.shard}; }),
                        Column(request.renew, [](auto& l) { return l.token; })),
                reply.renewed);
      }
      if (!request.release.empty()) {
        tx.Exec(release_, Column(request.release, [](int shard) { return std::int64_t{shard}; }), request.owner);
      }
      if (request.take > 0) {
        Collect(tx.Exec(take_, request.owner, request.address, seconds, request.take), reply.taken);
      }
      reply.now = pg::FromPg(tx.Exec(now_)[0][0].c_str());
      return absl::OkStatus();
    });
    if (!status.ok()) return done(status);
    done(std::move(reply));
  };
  if (!pool_.Submit(std::move(task))) done(absl::UnavailableError("the store is stopping"));
}

void ShardStorePg::ListOwners(std::function<void(absl::StatusOr<std::vector<ShardOwner>>)> done) {
  auto task = [this, done](pg::Session& session) {
    std::vector<ShardOwner> owners;
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      for (const auto& row : tx.Exec(owners_)) {
        owners.push_back({row[0].as<int>(), row[1].c_str(), row[2].c_str(), pg::FromPg(row[3].c_str())});
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return done(status);
    done(std::move(owners));
  };
  if (!pool_.Submit(std::move(task))) done(absl::UnavailableError("the store is stopping"));
}

}  // namespace ordersaga::orchestrator
