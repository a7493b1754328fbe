#include "orchestrator/adapters/pg/saga_reader_pg.h"

#include "absl/container/flat_hash_map.h"
#include "orchestrator/adapters/pg/columns.h"
#include "orchestrator/adapters/pg/saga_columns.h"
#include "orchestrator_sql.embed.h"
#include "platform/base/error.h"
#include "platform/pg/read.h"
#include "platform/pg/time.h"

namespace ordersaga::orchestrator {
namespace {

constexpr int kThreads = 2;  // for those who ask by id
constexpr int kListThreads = 1;
constexpr std::size_t kMaxQueue = 1000;

absl::Status NotFound() {
  return MakeError(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND", "there is no such order");
}

// Columns of `get` in journal.sql, and of `get_beyond` behind the id.
JournalEntry DecodeEntry(const pg::Row& row, int first) {
  return {row[first].as<std::int64_t>(), pg::FromPg(row[first + 1].c_str()), row[first + 2].c_str(),
          row[first + 3].c_str(), ParsePhase(row[first + 4].c_str()).value_or(Phase::kWaiting)};
}

pg::PqxxRows Page(pg::PqxxTx& tx, const SagaFilter& filter) {
  std::optional<std::string> status;
  std::optional<std::string> before;
  if (filter.status.has_value()) status = std::string(Name(*filter.status));
  if (filter.before.has_value()) before = filter.before->ToString();
  if (filter.parked_only) return tx.Exec(SagasSql().list_parked, status, before, filter.limit, filter.user_email);
  // A saga whose order is PENDING has not finished.
  const bool open = filter.open_only || filter.status == Status::kPending;
  if (open && !filter.user_email.has_value() && !filter.client.has_value()) {
    return tx.Exec(SagasSql().list_open, status, before, filter.limit, filter.since, filter.until);
  }
  const int before_shard = filter.before.has_value() ? filter.before->shard() : 0;
  return tx.Exec(SagasSql().list, status, before, before_shard, filter.limit, filter.user_email, filter.since,
                 filter.until, open, filter.client);
}

}  // namespace

SagaReaderPg::SagaReaderPg(const pg::SessionOptions& options)
    : pool_(options, kThreads, kMaxQueue), lists_(options, kListThreads, kMaxQueue) {}

absl::Status SagaReaderPg::Start() {
  if (absl::Status status = pool_.Start(); !status.ok()) return status;
  return lists_.Start();
}

void SagaReaderPg::Stop() {
  pool_.Stop();
  lists_.Stop();
}

void SagaReaderPg::Get(Uuid id, Done<Saga> done) {
  {
    absl::ReleasableMutexLock lock(&mu_);
    if (gets_.size() >= kMaxQueue) {
      lock.Release();
      return done(pg::TooManyReads());
    }
    gets_.push_back({id, std::move(done)});
    if (std::exchange(get_scheduled_, true)) return;
  }
  if (pool_.Submit([this](pg::Session& session) { ServeGets(session); })) return;
  for (const WaitingGet& get : TakeGets()) get.done(pg::TooManyReads());
}

std::vector<SagaReaderPg::WaitingGet> SagaReaderPg::TakeGets() {
  absl::MutexLock lock(&mu_);
  get_scheduled_ = false;
  return std::exchange(gets_, {});
}

// What came while the threads were busy is asked for in one query.
void SagaReaderPg::ServeGets(pg::Session& session) {
  const std::vector<WaitingGet> gets = TakeGets();
  absl::flat_hash_map<Uuid, absl::StatusOr<Saga>> found;
  for (const WaitingGet& get : gets) found.emplace(get.id, NotFound());
  const absl::Status status = session.Run([&](pg::Tx& tx) {
    for (const auto& row : tx.Exec(SagasSql().find, Column(found, [](auto& f) { return Smallint(f.first.shard()); }),
                                   Column(found, [](auto& f) { return f.first; }))) {
      const std::optional<Uuid> id = Uuid::Parse(row[kIdColumn].view());
      if (id.has_value()) found.at(*id) = DecodeSaga(row);
    }
    return absl::OkStatus();
  });
  for (const WaitingGet& get : gets) {
    const absl::StatusOr<Saga>& saga = found.at(get.id);
    if (!status.ok()) {
      get.done(pg::ForReader(status));
    } else if (!saga.ok()) {
      get.done(pg::ForReader(saga.status()));
    } else {
      get.done(*saga);
    }
  }
}

void SagaReaderPg::GetWithJournal(Uuid id, Done<SagaWithJournal> done) {
  pg::Read(pool_, std::move(done), [id](pg::Tx& tx) -> absl::StatusOr<SagaWithJournal> {
    const pg::Result rows = tx.Exec(SagasSql().get, id.shard(), id.ToString());
    if (rows.empty()) return NotFound();
    absl::StatusOr<Saga> saga = DecodeSaga(rows[0]);
    if (!saga.ok()) return saga.status();
    SagaWithJournal stored{*std::move(saga), {}};
    for (const auto& row : tx.Exec(sql::journal::get, id.shard(), id.ToString())) {
      stored.journal.push_back(DecodeEntry(row, 0));
    }
    return stored;
  });
}

void SagaReaderPg::List(SagaFilter filter, Done<std::vector<Saga>> done) {
  pg::Read(lists_, std::move(done), [filter = std::move(filter)](pg::PqxxTx& tx) {
    std::vector<Saga> sagas;
    for (const auto& row : Page(tx, filter)) {
      absl::StatusOr<Saga> saga = DecodeSaga(row);
      if (saga.ok()) sagas.push_back(*std::move(saga));
    }
    return sagas;
  });
}

void SagaReaderPg::Count(SagaCount count, Done<std::vector<SagaGroup>> done) {
  pg::Read(lists_, std::move(done), [count = std::move(count)](pg::PqxxTx& tx) {
    const auto& sql = count.parked_only ? sql::sagas::count_parked : sql::sagas::count_open;
    std::vector<SagaGroup> groups;
    for (const auto& row : tx.Exec(sql, count.by, count.user_email)) {
      groups.push_back({row[0].c_str(), row[1].as<std::int64_t>(), pg::FromPg(row[2].view())});
    }
    return groups;
  });
}

void SagaReaderPg::ReadJournal(std::vector<JournalPosition> positions, Done<std::vector<JournalRecord>> done) {
  pg::Read(pool_, std::move(done), [positions = std::move(positions)](pg::Tx& tx) {
    std::vector<JournalRecord> records;
    for (const auto& row :
         tx.Exec(sql::journal::get_beyond, Column(positions, [](auto& p) { return Smallint(p.id.shard()); }),
                 Column(positions, [](auto& p) { return p.id; }), Column(positions, [](auto& p) { return p.after; }))) {
      records.push_back({Uuid::Parse(row[0].view()).value_or(Uuid()), DecodeEntry(row, 1)});
    }
    return records;
  });
}

}  // namespace ordersaga::orchestrator
