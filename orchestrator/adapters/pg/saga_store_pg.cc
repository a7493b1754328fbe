#include "orchestrator/adapters/pg/saga_store_pg.h"

#include <fmt/format.h>

#include "orchestrator/adapters/pg/columns.h"
#include "orchestrator/adapters/pg/owner_session.h"
#include "orchestrator/adapters/pg/saga_columns.h"
#include "orchestrator/adapters/pg/turn_writer.h"
#include "orchestrator_sql.embed.h"
#include "platform/base/error.h"
#include "platform/pg/read.h"
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

SagasRead SagasIn(const pg::Result& rows) {
  SagasRead read;
  for (const auto& row : rows) {
    absl::StatusOr<Saga> saga = DecodeSaga(row);
    if (saga.ok()) {
      read.sagas.push_back(*std::move(saga));
    } else {
      read.unreadable.push_back(Uuid::Parse(row[kIdColumn].view()).value_or(Uuid()));
    }
  }
  return read;
}

std::vector<OutboxEvent> Events(int shard, const pg::Result& rows) {
  std::vector<OutboxEvent> events;
  for (const auto& row : rows) {
    events.push_back({shard, row[0].as<std::int64_t>(), *Uuid::Parse(row[1].view()), row[2].as<std::int64_t>(),
                      row[3].c_str(), row[4].c_str(), pg::FromPg(row[5].view()), row[6].c_str()});
  }
  return events;
}

// A database one version older has no operator log.
std::optional<LogHead> ReadLogHead(pg::Tx& tx, int shard) {
  if (!tx.Exec(sql::operator_log::exists)[0][0].as<bool>()) return std::nullopt;
  const pg::Result rows = tx.Exec(sql::operator_log::head, shard);
  if (rows.empty()) return LogHead();
  return LogHead{rows[0][0].as<std::int64_t>(), rows[0][1].c_str()};
}

template <typename T, typename Body>
void Ask(pg::SessionPool& pool, Done<T> done, Body body) {
  if (!pg::TryRead(pool, done, std::move(body))) done(absl::UnavailableError("the store is stopping"));
}

}  // namespace

SagaStorePg::SagaStorePg(pg::SessionOptions options, absl::Duration lease)
    : commits_(TurnSession(options, lease), 1, kNoBound), reads_(ReadSession(std::move(options)), 1, kNoBound) {}

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
  Committed committed;
  bool keys_taken = false;
  const auto write = [&](pg::Tx& tx) -> absl::Status {
    std::vector<DuplicateOrder> duplicates;
    if (keys_taken) duplicates = FindDuplicates(tx, turn);
    committed = WriteTurn(tx, turn, std::move(duplicates));
    return absl::OkStatus();
  };
  absl::Status status = session.Run(write);
  if (pg::FailureOf(status) == pg::PgFailure::kRaised && !RefusalOf(pg::RaisedBy(status)).has_value()) {
    keys_taken = true;
    status = session.Run(write);
  }
  if (status.ok()) return committed;
  switch (pg::FailureOf(status)) {
    case pg::PgFailure::kInDoubt:
      return InDoubt{};
    case pg::PgFailure::kBadRow:
      return BadRows{FindBadRows(session, turn), MessageOf(status)};
    case pg::PgFailure::kRaised:
      if (std::optional<CommitResult> refusal = RefusalOf(pg::RaisedBy(status))) return *std::move(refusal);
      break;
    case pg::PgFailure::kUnavailable:
    case pg::PgFailure::kRetry:
    case pg::PgFailure::kLocked:
    case pg::PgFailure::kOther:
      break;
  }
  return Unavailable{MessageOf(status)};
}

// Halves the turn, each half in a transaction that is rolled back, until every culprit is alone.
std::vector<Uuid> SagaStorePg::FindBadRows(pg::Session& session, const Turn& turn) const {
  const absl::Status status = session.Run([&](pg::Tx& tx) {
    WriteTurn(tx, turn, {});
    tx.Wait();
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
void SagaStorePg::ReadShards(std::vector<int> shards, Done<std::vector<ShardRow>> done) {
  Ask(commits_, std::move(done), [shards = std::move(shards)](pg::Tx& tx) {
    std::vector<ShardRow> rows;
    for (const auto& row : tx.Exec(sql::shards::lock, Column(shards, [](int shard) { return Smallint(shard); }))) {
      rows.push_back({row[0].as<int>(), row[1].as<std::int64_t>(), row[2].as<std::int64_t>()});
    }
    return rows;
  });
}

void SagaStorePg::LoadShard(int shard, Done<ShardContents> done) {
  Ask(reads_, std::move(done), [shard](pg::Tx& tx) -> absl::StatusOr<ShardContents> {
    ShardContents contents;
    contents.shard = shard;
    const pg::Result positions = tx.Exec(sql::shards::positions, shard);
    if (positions.empty()) return absl::InternalError(fmt::format("there is no shard {}", shard));
    contents.next_position = positions[0][0].as<std::int64_t>();
    contents.relayed_position = positions[0][1].as<std::int64_t>();
    for (const auto& row : tx.Exec(sql::sagas::open, shard)) {
      OpenSaga& open = contents.open.emplace_back();
      open.id = *Uuid::Parse(row[0].view());
      open.definition_version = row[1].as<int>();
      open.step = row[2].as<std::size_t>();
      open.compensating = row[3].as<bool>();
      if (!row[4].is_null()) open.due_at = pg::FromPg(row[4].view());
    }
    const pg::Result counts = tx.Exec(sql::sagas::open_counts, shard);
    contents.waiting = counts[0][0].as<std::int64_t>();
    contents.parked = counts[0][1].as<std::int64_t>();
    for (const auto& row : tx.Exec(sql::sagas::open_of_clients, shard)) {
      contents.clients.push_back({std::string(row[0].view()), row[1].as<std::int64_t>()});
    }
    for (const auto& row : tx.Exec(sql::relay_held::orders, shard)) {
      contents.held.push_back({*Uuid::Parse(row[0].view()), row[1].as<std::int64_t>()});
    }
    contents.log_head = ReadLogHead(tx, shard);
    return contents;
  });
}

void SagaStorePg::ReadSagas(std::vector<Uuid> ids, Done<SagasRead> done) {
  Ask(reads_, std::move(done), [ids = std::move(ids)](pg::Tx& tx) {
    return SagasIn(
        tx.Exec(SagasSql().find, Column(ids, [](auto& id) { return Smallint(id.shard()); }), pg::ArrayOf(ids)));
  });
}

void SagaStorePg::ReadWaiting(int shard, int limit, Done<SagasRead> done) {
  Ask(reads_, std::move(done),
      [shard, limit](pg::Tx& tx) { return SagasIn(tx.Exec(SagasSql().waiting, shard, limit)); });
}

void SagaStorePg::ReadEvents(int shard, std::int64_t after, int limit, Done<std::vector<OutboxEvent>> done) {
  Ask(reads_, std::move(done),
      [=](pg::Tx& tx) { return Events(shard, tx.Exec(sql::outbox::read, shard, after, limit)); });
}

void SagaStorePg::ReadHeld(int shard, std::int64_t after, int limit, Done<std::vector<OutboxEvent>> done) {
  Ask(reads_, std::move(done),
      [=](pg::Tx& tx) { return Events(shard, tx.Exec(sql::relay_held::read, shard, after, limit)); });
}

}  // namespace ordersaga::orchestrator
