#include "orchestrator/adapters/pg/audit_reader_pg.h"

#include <algorithm>

#include "orchestrator/adapters/pg/columns.h"
#include "orchestrator/adapters/pg/row_codec.h"
#include "orchestrator_sql.embed.h"
#include "platform/base/error.h"
#include "platform/pg/sql.h"
#include "platform/pg/time.h"

namespace ordersaga::orchestrator {
namespace {

constexpr int kThreads = 1;
constexpr std::size_t kMaxQueue = 100;
constexpr int kPerShard = 60;

struct Found {
  Uuid id;
  int number;  // of the row in what was read
};

// Where a shard gave as many as it may, what it has beyond the last of them is not known yet: sagas of other shards
// behind that one wait for the next page. At least kPerShard are left whenever there are more to come.
void CutWhereUnknown(std::vector<Found>& found) {
  std::vector<int> given(kMaxShards);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (++given[static_cast<std::size_t>(found[i].id.shard())] < kPerShard) continue;
    found.resize(i + 1);
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
    if (!status.ok()) return done(pg::ForReader(status));
    done(std::move(rows));
  });
  if (!queued) {
    done(TryAgain(absl::StatusCode::kResourceExhausted, "TOO_MANY_READS", "too many reads are waiting",
                  absl::Seconds(1)));
  }
}

std::vector<AuditRow> AuditReaderPg::ReadSagas(pg::Tx& tx, const AuditRange& range) const {
  const pg::Result found =
      tx.Exec(sagas_, range.first.ToString(), range.last.ToString(), range.after.ToString(), kPerShard);
  std::vector<Found> order;
  order.reserve(found.size());
  for (const auto& row : found) order.push_back({*Uuid::Parse(row[0].view()), static_cast<int>(order.size())});
  std::sort(order.begin(), order.end(), [](const Found& a, const Found& b) { return a.id < b.id; });
  CutWhereUnknown(order);
  std::vector<AuditRow> rows;
  rows.reserve(order.size());
  for (const auto& [id, number] : order) rows.push_back({id, DecodeSaga(found[number]), {}, true});
  return rows;
}

void AuditReaderPg::ReadEvents(pg::Tx& tx, std::vector<AuditRow>& rows) const {
  const absl::Time earliest = Earliest(rows);
  if (earliest == absl::InfiniteFuture()) return;
  const pg::Reply events = tx.Queue(events_, Column(rows, [](const AuditRow& r) { return r.id; }), earliest);
  // Asked last, so that nothing was dropped later than this.
  const absl::Time now = pg::FromPg(tx.Exec(now_)[0][0].c_str());
  AuditRow* row = nullptr;
  std::string_view of;
  for (const auto& event : events.rows()) {
    if (of != event[0].view()) {  // those of one order most often come together
      of = event[0].view();
      row = &*std::lower_bound(rows.begin(), rows.end(), *Uuid::Parse(of),
                               [](const AuditRow& r, const Uuid& id) { return r.id < id; });
    }
    row->events.emplace_back(event[1].as<std::int64_t>(), event[2].view());
  }
  for (AuditRow& r : rows) std::sort(r.events.begin(), r.events.end());
  for (AuditRow& r : rows) r.events_kept = r.saga.ok() && r.saga->order->created_at > now - event_retention_;
}

}  // namespace ordersaga::orchestrator
