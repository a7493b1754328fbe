#include "orchestrator/adapters/pg/saga_reader_pg.h"

#include "absl/container/flat_hash_map.h"
#include "orchestrator/adapters/pg/columns.h"
#include "orchestrator/adapters/pg/row_codec.h"
#include "orchestrator_sql.embed.h"
#include "platform/base/error.h"
#include "platform/pg/sql.h"
#include "platform/pg/time.h"

namespace ordersaga::orchestrator {
namespace {

constexpr int kThreads = 2;
constexpr std::size_t kMaxQueue = 1000;

absl::Status TooBusy() {
  return TryAgain(absl::StatusCode::kResourceExhausted, "TOO_MANY_READS", "too many reads are waiting",
                  absl::Seconds(1));
}

absl::Status NotFound() {
  return MakeError(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND", "there is no such order");
}

// Columns of get_journal.sql, and of read_journal.sql behind the id.
JournalEntry DecodeEntry(const pg::Row& row, int first) {
  return {row[first].as<std::int64_t>(), pg::FromPg(row[first + 1].c_str()), row[first + 2].c_str(),
          row[first + 3].c_str(), ParsePhase(row[first + 4].c_str()).value_or(Phase::kWaiting)};
}

}  // namespace

SagaReaderPg::SagaReaderPg(pg::SessionOptions options)
    : get_(pg::SqlFile(kOrchestratorSql, "get_saga.sql")),
      gets_sql_(pg::SqlFile(kOrchestratorSql, "get_sagas.sql")),
      journal_(pg::SqlFile(kOrchestratorSql, "get_journal.sql")),
      list_(pg::SqlFile(kOrchestratorSql, "list_sagas.sql")),
      list_open_(pg::SqlFile(kOrchestratorSql, "list_open_sagas.sql")),
      read_journal_(pg::SqlFile(kOrchestratorSql, "read_journal.sql")),
      pool_(std::move(options), kThreads, kMaxQueue) {}

absl::StatusOr<Saga> SagaReaderPg::Read(pg::Tx& tx, const Uuid& id) const {
  const pg::Result rows = tx.Exec(get_, id.shard(), id.ToString());
  if (rows.empty()) return NotFound();
  return DecodeSaga(rows[0]);
}

void SagaReaderPg::Get(Uuid id, std::function<void(absl::StatusOr<Saga>)> done) {
  {
    absl::ReleasableMutexLock lock(&mu_);
    if (gets_.size() >= kMaxQueue) {
      lock.Release();
      return done(TooBusy());
    }
    gets_.push_back({id, std::move(done)});
    if (std::exchange(get_scheduled_, true)) return;
  }
  if (pool_.Submit([this](pg::Session& session) { ServeGets(session); })) return;
  for (const WaitingGet& get : TakeGets()) get.done(TooBusy());
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
    for (const auto& row : tx.Exec(gets_sql_, Column(found, [](auto& f) { return Smallint(f.first.shard()); }),
                                   Column(found, [](auto& f) { return f.first; }))) {
      const std::optional<Uuid> id = Uuid::Parse(row[0].c_str());
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

void SagaReaderPg::GetHistory(Uuid id, std::function<void(absl::StatusOr<SagaHistory>)> done) {
  auto task = [this, id, done](pg::Session& session) {
    SagaHistory history;
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      absl::StatusOr<Saga> saga = Read(tx, id);
      if (!saga.ok()) return saga.status();
      history.saga = *std::move(saga);
      for (const auto& row : tx.Exec(journal_, id.shard(), id.ToString())) {
        history.journal.push_back(DecodeEntry(row, 0));
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return done(pg::ForReader(status));
    done(std::move(history));
  };
  if (!pool_.Submit(std::move(task))) done(TooBusy());
}

void SagaReaderPg::List(SagaFilter filter, std::function<void(absl::StatusOr<std::vector<Saga>>)> done) {
  auto task = [this, filter = std::move(filter), done](pg::Session& session) {
    std::vector<Saga> sagas;
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      for (const auto& row : Page(tx, filter)) {
        absl::StatusOr<Saga> saga = DecodeSaga(row);
        if (saga.ok()) sagas.push_back(*std::move(saga));
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return done(pg::ForReader(status));
    done(std::move(sagas));
  };
  if (!pool_.Submit(std::move(task))) done(TooBusy());
}

pg::Result SagaReaderPg::Page(pg::Tx& tx, const SagaFilter& filter) const {
  std::optional<std::string> status;
  std::optional<std::string> before;
  if (filter.status.has_value()) status = std::string(Name(*filter.status));
  if (filter.before.has_value()) before = filter.before->ToString();
  // A saga whose order is PENDING has not finished.
  const bool open = filter.open_only || filter.status == Status::kPending;
  if (open && !filter.user_email.has_value())
    return tx.Exec(list_open_, status, before, filter.limit, filter.since, filter.until);
  const int before_shard = filter.before.has_value() ? filter.before->shard() : 0;
  return tx.Exec(list_, status, before, before_shard, filter.limit, filter.user_email, filter.since, filter.until,
                 open);
}

void SagaReaderPg::ReadJournal(std::vector<JournalPosition> positions,
                               std::function<void(absl::StatusOr<std::vector<JournalRecord>>)> done) {
  auto task = [this, positions = std::move(positions), done](pg::Session& session) {
    std::vector<JournalRecord> records;
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      for (const auto& row : tx.Exec(read_journal_, Column(positions, [](auto& p) { return Smallint(p.id.shard()); }),
                                     Column(positions, [](auto& p) { return p.id; }),
                                     Column(positions, [](auto& p) { return p.after; }))) {
        records.push_back({Uuid::Parse(row[0].c_str()).value_or(Uuid()), DecodeEntry(row, 1)});
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return done(pg::ForReader(status));
    done(std::move(records));
  };
  if (!pool_.Submit(std::move(task))) done(TooBusy());
}

}  // namespace ordersaga::orchestrator
