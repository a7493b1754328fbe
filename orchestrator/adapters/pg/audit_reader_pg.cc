#include "orchestrator/adapters/pg/audit_reader_pg.h"

#include "orchestrator/adapters/pg/columns.h"
#include "orchestrator/adapters/pg/row_codec.h"
#include "orchestrator_sql.embed.h"
#include "platform/base/error.h"
#include "platform/pg/sql.h"

namespace ordersaga::orchestrator {
namespace {

constexpr int kThreads = 1;
constexpr std::size_t kMaxQueue = 100;
constexpr int kPerShard = 60;

// Where a shard gave as many as it may, what it has beyond the last of them is not known yet: sagas of other shards
// behind that one wait for the next page. At least kPerShard are left whenever there are more to come.
void CutWhereUnknown(std::vector<AuditRow>& rows) {
  std::vector<int> given(kMaxShards);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (++given[static_cast<std::size_t>(rows[i].id.shard())] < kPerShard) continue;
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(i) + 1, rows.end());
    return;
  }
}

absl::Time Earliest(const std::vector<AuditRow>& rows) {
  absl::Time earliest = absl::InfiniteFuture();
  for (const AuditRow& row : rows) {
    if (row.saga.ok()) earliest = std::min(earliest, row.saga->order->created_at);
  }
  return earliest;
}

}  // namespace

AuditReaderPg::AuditReaderPg(pg::SessionOptions options, absl::Duration event_retention)
    : event_retention_(event_retention),
      snapshot_(pg::SqlFile(kOrchestratorSql, "audit_snapshot.sql")),
      sagas_(pg::SqlFile(kOrchestratorSql, "audit_sagas.sql")),
      events_(pg::SqlFile(kOrchestratorSql, "audit_events.sql")),
      now_(pg::SqlFile(kOrchestratorSql, "audit_now.sql")),
      pool_(std::move(options), kThreads, kMaxQueue) {}

void AuditReaderPg::Read(AuditRange range, std::function<void(absl::StatusOr<std::vector<AuditRow>>)> done) {
  const bool queued = pool_.Submit([this, range, done](pg::Session& session) {
    std::vector<AuditRow> rows;
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      tx.Script(snapshot_);
      rows = ReadSagas(tx, range);
      if (!rows.empty()) ReadEvents(tx, rows);
      return absl::OkStatus();
    });
    if (!status.ok()) {
      return done(TryAgain(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE",
                           "the database cannot be read at the moment", absl::Seconds(1)));
    }
    done(std::move(rows));
  });
  if (!queued) {
    done(TryAgain(absl::StatusCode::kResourceExhausted, "TOO_MANY_READS", "too many reads are waiting",
                  absl::Seconds(1)));
  }
}

std::vector<AuditRow> AuditReaderPg::ReadSagas(pg::Tx& tx, const AuditRange& range) const {
  const pqxx::result found =
      tx.Exec(sagas_, range.first.ToString(), range.last.ToString(), range.after.ToString(), kPerShard);
  std::vector<AuditRow> rows;
  rows.reserve(found.size());
  for (const auto& row : found) rows.push_back({*Uuid::Parse(row[0].c_str()), DecodeSaga(row), {}, true});
  CutWhereUnknown(rows);
  return rows;
}

void AuditReaderPg::ReadEvents(pg::Tx& tx, std::vector<AuditRow>& rows) const {
  const absl::Time earliest = Earliest(rows);
  if (earliest == absl::InfiniteFuture()) return;
  auto row = rows.begin();
  for (const auto& event :
       tx.Exec(events_, Column(rows, [](const AuditRow& r) { return r.id.ToString(); }), pg::ToPg(earliest))) {
    const Uuid id = *Uuid::Parse(event[0].c_str());
    while (row->id != id) ++row;  // both are in the order of id
    row->events.emplace_back(event[1].as<std::int64_t>(), event[2].c_str());
  }
  // Asked last, so that nothing was dropped later than this.
  const absl::Time now = pg::FromPg(tx.Exec(now_)[0][0].c_str());
  for (AuditRow& r : rows) r.events_kept = r.saga.ok() && r.saga->order->created_at > now - event_retention_;
}

}  // namespace ordersaga::orchestrator
