// A page is the sagas of a span of ids, over all shards, and everything else that is stored under ids of that span, in
// one snapshot: so also the events and the journal of a saga that is gone come to light. Keys are not stored in the
// order of ids; they are compared with the sagas by themselves, in one statement for each shard.
#include "orchestrator/adapters/pg/audit_reader_pg.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "orchestrator/adapters/pg/columns.h"
#include "orchestrator/adapters/pg/saga_columns.h"
#include "orchestrator_sql.embed.h"
#include "platform/base/error.h"
#include "platform/pg/read.h"
#include "platform/pg/time.h"

namespace ordersaga::orchestrator {
namespace {

constexpr int kAuditThreads = 1;
constexpr std::size_t kMaxAuditReads = 100;
constexpr int kPerShard = 60;
constexpr std::size_t kMostFaults = 1000;

struct Found {
  Uuid id;
  int number;  // of the row in what was read
  int shard;   // where it is stored
};

// Where a shard gave as many as it may, what it has beyond the last of them is not known yet: sagas of other shards
// behind that one wait for the next page. At least kPerShard are left whenever there are more to come. False: there are
// no more.
bool CutWhereUnknown(std::vector<Found>& found) {
  std::vector<int> given(kMaxShards);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (++given[static_cast<std::size_t>(found[i].shard)] < kPerShard) continue;
    found.resize(i + 1);
    return true;
  }
  return false;
}

// Nothing that belongs to ids behind `after`, or to these rows, happened before.
absl::Time Earliest(const Uuid& after, const std::vector<AuditRow>& rows) {
  std::int64_t ms = 0;  // an id begins with its time
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | after.bytes()[i];
  absl::Time earliest = absl::InfiniteFuture();
  for (const AuditRow& row : rows) {
    if (row.saga.ok()) earliest = std::min(earliest, row.saga->order->created_at);
  }
  return std::min(earliest, absl::FromUnixMillis(ms)) - absl::Hours(1);
}

// The row of this id, or one more without a saga. The last ones asked for are the likeliest.
class Rows {
 public:
  explicit Rows(std::vector<AuditRow>& rows) : rows_(rows), sagas_(rows.size()) {}

  AuditRow& Of(std::string_view text) {
    if (text == text_) return *row_;  // what belongs to one order most often comes together
    const Uuid id = *Uuid::Parse(text);
    const auto end = rows_.begin() + static_cast<std::ptrdiff_t>(sagas_);
    const auto found =
        std::lower_bound(rows_.begin(), end, id, [](const AuditRow& r, const Uuid& i) { return r.id < i; });
    row_ = found != end && found->id == id ? &*found : &Orphan(id);
    text_ = text;
    return *row_;
  }

  // Puts the orphans among the others.
  void Finish() {
    if (orphans_.empty()) return;
    for (auto& [id, row] : orphans_) rows_.push_back(std::move(row));
    std::sort(rows_.begin(), rows_.end(), [](const AuditRow& a, const AuditRow& b) { return a.id < b.id; });
  }

 private:
  AuditRow& Orphan(const Uuid& id) {
    AuditRow orphan{id, MakeError(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND", "its saga is gone"), {}};
    return orphans_.try_emplace(id, std::move(orphan)).first->second;
  }

  std::vector<AuditRow>& rows_;
  const std::size_t sagas_;
  std::map<Uuid, AuditRow> orphans_;
  std::string_view text_;
  AuditRow* row_ = nullptr;
};

absl::StatusOr<Saga> Misplaced(int shard) {
  return MakeError(absl::StatusCode::kInternal, "UNREADABLE_ROW",
                   fmt::format("it is in shard {}, where nobody looks for it", shard));
}

}  // namespace

AuditReaderPg::AuditReaderPg(const pg::SessionOptions& options, absl::Duration event_retention)
    : event_retention_(event_retention), pool_(options, kAuditThreads, kMaxAuditReads) {}

absl::Status AuditReaderPg::Start() {
  return pool_.Start();
}

void AuditReaderPg::Stop() {
  pool_.Stop();
}

void AuditReaderPg::Read(AuditRange range, Done<AuditPage> done) {
  pg::Read(pool_, std::move(done), [this, range](pg::PqxxTx& tx) {
    AuditRange span = range;
    tx.Script(sql::sagas::snapshot);
    AuditPage page = ReadSagas(tx, span);
    ReadRest(tx, span, page);
    return page;
  });
}

AuditPage AuditReaderPg::ReadSagas(pg::PqxxTx& tx, AuditRange& range) const {
  const pg::PqxxRows found =
      tx.Exec(SagasSql().audit, range.first.ToString(), range.last.ToString(), range.after.ToString(), kPerShard);
  std::vector<Found> order;
  order.reserve(found.size());
  for (const auto& row : found) {
    order.push_back({*Uuid::Parse(row[kIdColumn].view()), static_cast<int>(order.size()), row[kShardColumn].as<int>()});
  }
  std::sort(order.begin(), order.end(), [](const Found& a, const Found& b) { return a.id < b.id; });
  AuditPage page;
  page.last = !CutWhereUnknown(order);
  if (!page.last) range.last = order.back().id;
  page.rows.reserve(order.size());
  for (const auto& [id, number, shard] : order) {
    page.rows.push_back({id, shard == id.shard() ? DecodeSaga(found[number]) : Misplaced(shard), {}});
  }
  return page;
}

void AuditReaderPg::ReadRest(pg::PqxxTx& tx, const AuditRange& range, AuditPage& page) const {
  const std::string after = range.after.ToString();
  const std::string first = range.first.ToString();
  const std::string last = range.last.ToString();
  const pg::PqxxRows journal = tx.Exec(sql::journal::audit, after, first, last);
  const pg::PqxxRows events =
      tx.Exec(sql::outbox::audit, after, first, last, Earliest(std::max(range.after, range.first), page.rows));
  // Asked last, so that nothing was dropped later than this.
  page.read_at = pg::FromPg(tx.Exec(sql::shards::now)[0][0].view());
  Rows rows(page.rows);
  for (const auto& entry : journal) {
    AuditRow& row = rows.Of(entry[0].view());
    if (entry[4].as<int>() != row.id.shard()) {
      row.journal_misplaced = true;
      continue;
    }
    row.journal_entries = entry[1].as<std::int64_t>();
    row.journal_first = entry[2].as<std::int64_t>();
    row.journal_last = entry[3].as<std::int64_t>();
  }
  for (const auto& event : events) {
    AuditRow& row = rows.Of(event[0].view());
    row.events.push_back({event[1].as<std::int64_t>(), std::string(event[2].view()), std::string(event[3].view()),
                          event[4].as<int>() != row.id.shard()});
  }
  rows.Finish();
  for (AuditRow& row : page.rows) {
    std::sort(row.events.begin(), row.events.end(),
              [](const AuditEvent& a, const AuditEvent& b) { return a.sequence < b.sequence; });
    row.events_kept = row.saga.ok() && row.saga->order->created_at > page.read_at - event_retention_;
  }
}

}  // namespace ordersaga::orchestrator
