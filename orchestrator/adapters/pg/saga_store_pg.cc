#include "orchestrator/adapters/pg/saga_store_pg.h"

#include <fmt/format.h>

#include "orchestrator/adapters/pg/columns.h"
#include "orchestrator/adapters/pg/owner_session.h"
#include "orchestrator/adapters/pg/row_codec.h"
#include "orchestrator_sql.embed.h"
#include "platform/base/error.h"
#include "platform/pg/sql.h"
#include "platform/pg/time.h"

namespace ordersaga::orchestrator {
namespace {

constexpr std::size_t kNoBound = 1'000'000;  // the engine has at most a few requests out

pg::SessionOptions ReadSession(pg::SessionOptions options) {
  const std::vector<std::string> pinned = pg::PinnedPlans();
  options.settings.insert(options.settings.end(), pinned.begin(), pinned.end());
  return options;
}

pg::SessionOptions TurnSession(const pg::SessionOptions& options, absl::Duration lease) {
  return ReadSession(OwnerSession(options, lease));
}

void Collect(const pg::Result& rows, SagasRead& read) {
  for (const auto& row : rows) {
    absl::StatusOr<Saga> saga = DecodeSaga(row);
    if (saga.ok()) {
      read.sagas.push_back(*std::move(saga));
    } else {
      read.unreadable.push_back(Uuid::Parse(row["id"].c_str()).value_or(Uuid()));
    }
  }
}

absl::Status Stopped() {
  return absl::UnavailableError("the store is stopping");
}

}  // namespace

SagaStorePg::SagaStorePg(pg::SessionOptions options, absl::Duration lease)
    : read_shards_(pg::SqlFile(kOrchestratorSql, "read_shards.sql")),
      load_shard_(pg::SqlFile(kOrchestratorSql, "load_shard.sql")),
      load_open_(pg::SqlFile(kOrchestratorSql, "load_open.sql")),
      load_counts_(pg::SqlFile(kOrchestratorSql, "load_counts.sql")),
      read_sagas_(pg::SqlFile(kOrchestratorSql, "read_sagas.sql")),
      read_waiting_(pg::SqlFile(kOrchestratorSql, "read_waiting.sql")),
      read_events_(pg::SqlFile(kOrchestratorSql, "read_events.sql")),
      read_held_(pg::SqlFile(kOrchestratorSql, "read_held.sql")),
      load_held_(pg::SqlFile(kOrchestratorSql, "load_held.sql")),
      commits_(TurnSession(options, lease), 1, kNoBound),
      reads_(ReadSession(std::move(options)), 1, kNoBound) {}

absl::Status SagaStorePg::Start() {
  if (absl::Status status = commits_.Start(); !status.ok()) return status;
  return reads_.Start();
}

void SagaStorePg::Stop() {
  commits_.Stop();
  reads_.Stop();
}

void SagaStorePg::Commit(Turn turn, std::function<void(CommitResult)> done) {
  auto task = [this, turn = std::move(turn), done](pg::Session& session) { done(CommitNow(session, turn)); };
  if (!commits_.Submit(std::move(task))) done(Unavailable{"the store is stopping"});
}

CommitResult SagaStorePg::CommitNow(pg::Session& session, const Turn& turn) const {
  CommitResult result;
  bool keys_taken = false;
  const auto write = [&](pg::Tx& tx) -> absl::Status {
    std::vector<DuplicateOrder> duplicates;
    if (keys_taken) duplicates = writer_.Duplicates(tx, turn);
    std::optional<CommitResult> written = writer_.Write(tx, turn, std::move(duplicates));
    keys_taken = !written.has_value();
    if (keys_taken) return absl::AbortedError("keys were taken");
    result = *std::move(written);
    return std::holds_alternative<Committed>(result) ? absl::OkStatus() : absl::AbortedError("not this turn");
  };
  absl::Status status = session.Run(write);
  if (keys_taken) status = session.Run(write);
  if (status.ok() || !std::holds_alternative<Committed>(result)) return result;
  switch (pg::FailureOf(status)) {
    case pg::PgFailure::kInDoubt:
      return InDoubt{};
    case pg::PgFailure::kBadRow:
      return BadRows{FindBadRows(session, turn), MessageOf(status)};
    case pg::PgFailure::kUnavailable:
    case pg::PgFailure::kRetry:
    case pg::PgFailure::kOther:
      break;
  }
  return Unavailable{MessageOf(status)};
}

// Halves the turn, each half in a transaction that is rolled back, until every culprit is alone.
std::vector<Uuid> SagaStorePg::FindBadRows(pg::Session& session, const Turn& turn) const {
  const absl::Status status = session.Run([&](pg::Tx& tx) {
    writer_.Write(tx, turn, {});
    return absl::AbortedError("only a trial");
  });
  if (pg::FailureOf(status) != pg::PgFailure::kBadRow) return {};
  if (turn.writes.size() <= 1) {
    return turn.writes.empty() ? std::vector<Uuid>{} : std::vector{turn.writes[0].saga.id()};
  }
  const auto middle = turn.writes.begin() + static_cast<std::ptrdiff_t>(turn.writes.size() / 2);
  std::vector<Uuid> bad = FindBadRows(session, {turn.shards, {turn.writes.begin(), middle}, {}});
  const std::vector<Uuid> rest = FindBadRows(session, {turn.shards, {middle, turn.writes.end()}, {}});
  bad.insert(bad.end(), rest.begin(), rest.end());
  return bad;
}

// By the session of the turns: while the server still works on the turn in doubt it says so, and begins nothing else.
void SagaStorePg::ReadShards(std::vector<int> shards, std::function<void(absl::StatusOr<std::vector<ShardRow>>)> done) {
  auto task = [this, shards = std::move(shards), done](pg::Session& session) {
    std::vector<ShardRow> rows;
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      for (const auto& row : tx.Exec(read_shards_, Column(shards, [](int shard) { return Smallint(shard); }))) {
        rows.push_back({row[0].as<int>(), row[1].as<std::int64_t>(), row[2].as<std::int64_t>()});
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return done(status);
    done(std::move(rows));
  };
  if (!commits_.Submit(std::move(task))) done(Stopped());
}

void SagaStorePg::LoadShard(int shard, std::function<void(absl::StatusOr<ShardContents>)> done) {
  auto task = [this, shard, done](pg::Session& session) {
    ShardContents contents;
    contents.shard = shard;
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      const pg::Result positions = tx.Exec(load_shard_, shard);
      if (positions.empty()) return absl::InternalError(fmt::format("there is no shard {}", shard));
      contents.next_position = positions[0][0].as<std::int64_t>();
      contents.relayed_position = positions[0][1].as<std::int64_t>();
      for (const auto& row : tx.Exec(load_open_, shard)) {
        OpenSaga& open = contents.open.emplace_back();
        open.id = *Uuid::Parse(row[0].c_str());
        open.definition_version = row[1].as<int>();
        open.step = row[2].as<std::size_t>();
        open.compensating = row[3].as<bool>();
        if (!row[4].is_null()) open.due_at = pg::FromPg(row[4].c_str());
      }
      const pg::Result counts = tx.Exec(load_counts_, shard);
      contents.waiting = counts[0][0].as<std::int64_t>();
      contents.parked = counts[0][1].as<std::int64_t>();
      for (const auto& row : tx.Exec(load_held_, shard)) {
        contents.held.push_back({*Uuid::Parse(row[0].c_str()), row[1].as<std::int64_t>()});
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return done(status);
    done(std::move(contents));
  };
  if (!reads_.Submit(std::move(task))) done(Stopped());
}

void SagaStorePg::ReadSagas(std::vector<Uuid> ids, std::function<void(absl::StatusOr<SagasRead>)> done) {
  auto task = [this, ids = std::move(ids), done](pg::Session& session) {
    SagasRead read;
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      Collect(tx.Exec(read_sagas_, Column(ids, [](auto& id) { return Smallint(id.shard()); }), pg::ArrayOf(ids)), read);
      return absl::OkStatus();
    });
    if (!status.ok()) return done(status);
    done(std::move(read));
  };
  if (!reads_.Submit(std::move(task))) done(Stopped());
}

void SagaStorePg::ReadWaiting(int shard, int limit, std::function<void(absl::StatusOr<SagasRead>)> done) {
  auto task = [this, shard, limit, done](pg::Session& session) {
    SagasRead read;
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      Collect(tx.Exec(read_waiting_, shard, limit), read);
      return absl::OkStatus();
    });
    if (!status.ok()) return done(status);
    done(std::move(read));
  };
  if (!reads_.Submit(std::move(task))) done(Stopped());
}

void SagaStorePg::ReadEvents(int shard, std::int64_t after, int limit,
                             std::function<void(absl::StatusOr<std::vector<OutboxEvent>>)> done) {
  ReadRows(read_events_, shard, after, limit, done);
}

void SagaStorePg::ReadHeld(int shard, std::int64_t after, int limit,
                           std::function<void(absl::StatusOr<std::vector<OutboxEvent>>)> done) {
  ReadRows(read_held_, shard, after, limit, done);
}

void SagaStorePg::ReadRows(const std::string& sql, int shard, std::int64_t after, int limit,
                           const std::function<void(absl::StatusOr<std::vector<OutboxEvent>>)>& done) {
  auto task = [&sql, shard, after, limit, done](pg::Session& session) {
    std::vector<OutboxEvent> events;
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      for (const auto& row : tx.Exec(sql, shard, after, limit)) {
        events.push_back({shard, row[0].as<std::int64_t>(), *Uuid::Parse(row[1].c_str()), row[2].as<std::int64_t>(),
                          row[3].c_str(), row[4].c_str(), pg::FromPg(row[5].c_str()), row[6].c_str()});
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return done(status);
    done(std::move(events));
  };
  if (!reads_.Submit(std::move(task))) done(Stopped());
}

}  // namespace ordersaga::orchestrator
