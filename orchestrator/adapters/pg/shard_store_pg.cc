#include "orchestrator/adapters/pg/shard_store_pg.h"

#include "orchestrator/adapters/pg/columns.h"
#include "orchestrator/adapters/pg/owner_session.h"
#include "orchestrator_sql.embed.h"
#include "platform/pg/read.h"
#include "platform/pg/time.h"

namespace ordersaga::orchestrator {
namespace {

void Collect(const pg::Result& rows, std::vector<ShardLease>& leases) {
  for (const auto& row : rows) leases.push_back({row[0].as<int>(), row[1].as<std::int64_t>()});
}

}  // namespace

ShardStorePg::ShardStorePg(pg::SessionOptions options, absl::Duration lease)
    : pool_(OwnerSession(std::move(options), lease), 1, 1000) {}

void ShardStorePg::Write(pg::Tx& tx, const LeaseRequest& request, LeaseReply& reply) const {
  const double seconds = absl::ToDoubleSeconds(request.lease);
  if (request.leaving) {
    tx.Exec(sql::replicas::leave, request.owner);
  } else {
    tx.Exec(sql::replicas::join, request.owner, request.address, seconds);
  }
  if (!request.renew.empty()) {
    Collect(tx.Exec(sql::shards::renew, seconds, Column(request.renew, [](auto& l) { return Smallint(l.shard); }),
                    Column(request.renew, [](auto& l) { return l.token; })),
            reply.renewed);
  }
  if (!request.release.empty()) {
    tx.Exec(sql::shards::release, Column(request.release, [](int shard) { return Smallint(shard); }), request.owner);
  }
  if (request.take > 0) {
    Collect(tx.Exec(sql::shards::take, request.owner, request.address, seconds, request.take,
                    Column(request.silent, [](auto& term) { return Smallint(term.shard); }),
                    Column(request.silent, [](auto& term) { return term.lease_until; })),
            reply.taken);
  }
}

// A database one version older has none.
void ShardStorePg::ReadHolds(pg::Tx& tx, LeaseReply& reply) const {
  if (!holds_exist_) holds_exist_ = tx.Exec(sql::participant_holds::exists)[0][0].as<bool>();
  if (!holds_exist_) return;
  for (const auto& row : tx.Exec(sql::participant_holds::list)) {
    ParticipantHold& hold = reply.holds.emplace_back();
    hold.participant = row[0].c_str();
    hold.since = pg::FromPg(row[1].view());
    if (!row[2].is_null()) hold.until = pg::FromPg(row[2].view());
    hold.by = row[3].c_str();
    hold.reason = row[4].c_str();
  }
}

void ShardStorePg::Look(pg::Tx& tx, LeaseReply& reply) const {
  const pg::Reply now = tx.Queue(sql::shards::now);
  for (const auto& row : tx.Exec(sql::replicas::list))
    reply.replicas.push_back({row[0].c_str(), pg::FromPg(row[1].c_str())});
  ReadHolds(tx, reply);
  reply.now = pg::FromPg(now.rows()[0][0].c_str());
  for (const auto& row : tx.Exec(sql::shards::owners)) {
    reply.owners.push_back({row[0].as<int>(), row[1].c_str(), row[2].c_str(), pg::FromPg(row[3].c_str())});
  }
}

void ShardStorePg::Lease(LeaseRequest request, Done<LeaseReply> done) {
  const bool queued = pg::TryRead(pool_, done, [this, request = std::move(request)](pg::Tx& tx) {
    LeaseReply reply;
    Write(tx, request, reply);
    Look(tx, reply);
    return reply;
  });
  if (!queued) done(absl::UnavailableError("the store is stopping"));
}

}  // namespace ordersaga::orchestrator
