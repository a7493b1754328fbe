#include "tests/conformance/pg_world.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "orchestrator/adapters/pg/database.h"
#include "orchestrator/adapters/pg/saga_store_pg.h"
#include "orchestrator/adapters/pg/shard_store_pg.h"
#include "platform/pg/migrate.h"
#include "platform/pg/time.h"

namespace ordersaga::orchestrator {
namespace {

constexpr char kHold[] = R"(
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('application_name') = 'held' THEN
    PERFORM pg_advisory_xact_lock_shared(TG_ARGV[0]::bigint);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER hold_rows BEFORE INSERT ON journal FOR EACH STATEMENT EXECUTE FUNCTION hold('1');
CREATE CONSTRAINT TRIGGER hold_commit AFTER INSERT ON journal DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION hold('2');
CREATE TABLE outbox_2023 (LIKE outbox INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
CREATE UNIQUE INDEX ON outbox_2023 (shard, position);
ALTER TABLE outbox ATTACH PARTITION outbox_2023 FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
)";

constexpr char kEmpty[] = R"(
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema()
              AND tablename NOT IN ('settings', 'prices', 'schema_migrations') LOOP
    EXECUTE format('DELETE FROM %I', name);
  END LOOP;
END $$;
INSERT INTO shards (shard) SELECT generate_series(0, shards - 1) FROM settings;
)";

// The part of the test program's database that outlives a test: made once, dropped at the end.
class Database {
 public:
  Database() : server_(ServerUrl()), name_(fmt::format("conformance_{}", getpid())) {
    OnServer("CREATE DATABASE " + name_);
    const pg::SessionOptions options{.url = url(), .application_name = "prepare"};
    pg::PqxxSession preparing(options);
    const absl::Status migrated = pg::Migrate(preparing, OrchestratorMigrations(), SystemClock());
    if (!migrated.ok()) throw std::runtime_error(migrated.ToString());
    const absl::StatusOr<int> shards = DecideShards(preparing, kShards);
    if (!shards.ok() || *shards != kShards) throw std::runtime_error(shards.status().ToString());
    pg::Session session(options);
    Transact(session, [](pg::Tx& tx) { tx.Script(kHold); });
  }
  ~Database() {
    try {
      OnServer("DROP DATABASE " + name_ + " WITH (FORCE)");
    } catch (const std::exception& error) {
      fprintf(stderr, "%s could not be dropped: %s\n", name_.c_str(), error.what());
    }
  }

  std::string url() const { return server_.substr(0, server_.rfind('/') + 1) + name_; }

 private:
  static std::string ServerUrl() {
    const char* url = std::getenv("TEST_DATABASE_URL");  // NOLINT(concurrency-mt-unsafe)
    if (url == nullptr) throw std::runtime_error("TEST_DATABASE_URL is not set; use tests/run");
    return url;
  }
  void OnServer(const std::string& statement) const { pg::Connection({.url = server_}).Script(statement); }

  const std::string server_;
  const std::string name_;
};

const Database& TheDatabase() {
  static const Database database;
  return database;
}

std::size_t AddressBegin(const std::string& url) {
  return url.rfind('@') + 1;
}

std::unique_ptr<World> Make() {
  return std::make_unique<PgWorld>();
}

INSTANTIATE_TEST_SUITE_P(PostgreSQL, StoreTest, ::testing::Values(Backend{"PostgreSQL", Make}),
                         [](const auto& info) { return info.param.name; });

template <typename Store>
std::shared_ptr<Store> Started(std::shared_ptr<Store> store) {
  if (absl::Status status = store->Start(); !status.ok()) throw std::runtime_error(status.ToString());
  return store;
}

Stores OpenWith(const pg::SessionOptions& options) {
  return {Started(std::make_shared<SagaStorePg>(options, kLease)),
          Started(std::make_shared<ShardStorePg>(options, kLease))};
}

}  // namespace

void Transact(pg::Session& session, const std::function<void(pg::Tx&)>& body) {
  const absl::Status status = session.Run([&](pg::Tx& tx) {
    body(tx);
    return absl::OkStatus();
  });
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

PgWorld::PgWorld() : admin_(Options("admin")), gatekeeper_(Options("gatekeeper")) {
  Transact(admin_, [](pg::Tx& tx) { tx.Script(kEmpty); });
}

pg::SessionOptions PgWorld::Options(const std::string& name) const {
  return {.url = TheDatabase().url(), .application_name = name};
}

Stores PgWorld::Open(const std::string& name) {
  return OpenWith(Options(name));
}

Stores PgWorld::OpenSynchronous(const std::string& name) {
  pg::SessionOptions options = Options(name);
  options.settings = {"SET synchronous_commit = on"};
  return OpenWith(options);
}

void PgWorld::AwaitCommitThatWaits(const std::string& name) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  bool waits = false;
  while (!waits) {
    if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error(name + " does not wait for the standby");
    Transact(admin_, [&](pg::Tx& tx) {
      waits = tx.Exec(
                    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND "
                    "application_name = $1 AND wait_event = 'SyncRep')",
                    name)[0][0]
                  .as<bool>();
    });
  }
}

void PgWorld::CutWaitShort(const std::string& name) {
  Transact(admin_, [&](pg::Tx& tx) {
    tx.Exec(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
        "application_name = $1 AND wait_event = 'SyncRep'",
        name);
  });
}

Stores PgWorld::OpenThrough(int port, const std::string& name) {
  pg::SessionOptions options = Options(name);
  const std::size_t begin = AddressBegin(options.url);
  options.url.replace(begin, options.url.find('/', begin) - begin, fmt::format("127.0.0.1:{}", port));
  return OpenWith(options);
}

std::pair<std::string, int> PgWorld::server() const {
  const std::string url = TheDatabase().url();
  const std::size_t begin = AddressBegin(url);
  const std::size_t colon = url.find(':', begin);
  return {url.substr(begin, colon - begin), std::stoi(url.substr(colon + 1))};
}

void PgWorld::Pass(absl::Duration time) {
  Transact(admin_, [&](pg::Tx& tx) {
    const double seconds = absl::ToDoubleSeconds(time);
    tx.Exec("UPDATE shards SET lease_until = lease_until - make_interval(secs => $1::double precision)", seconds);
    tx.Exec("UPDATE replicas SET seen_until = seen_until - make_interval(secs => $1::double precision)", seconds);
  });
}

std::vector<JournalEntry> PgWorld::JournalOf(const Uuid& id) {
  std::vector<JournalEntry> journal;
  Transact(admin_, [&](pg::Tx& tx) {
    for (const auto& row : tx.Exec("SELECT sequence, at, event, detail, phase FROM journal WHERE shard = $1 AND "
                                   "saga_id = $2::uuid ORDER BY sequence",
                                   id.shard(), id.ToString())) {
      journal.push_back({row[0].as<std::int64_t>(), pg::FromPg(row[1].c_str()), row[2].c_str(), row[3].c_str(),
                         ParsePhase(row[4].c_str()).value()});
    }
  });
  return journal;
}

void PgWorld::Close(Gate gate) {
  Transact(gatekeeper_, [&](pg::Tx& tx) { tx.Exec("SELECT pg_advisory_lock($1::bigint)", static_cast<int>(gate)); });
}

void PgWorld::Lift(Gate gate) {
  Transact(gatekeeper_, [&](pg::Tx& tx) { tx.Exec("SELECT pg_advisory_unlock($1::bigint)", static_cast<int>(gate)); });
}

void PgWorld::AwaitBlocked(const std::string& name, const std::string& words) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  bool blocked = false;
  while (!blocked) {
    if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error(name + " does not wait for a lock");
    Transact(admin_, [&](pg::Tx& tx) {
      blocked = tx.Exec(
                      "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND "
                      "application_name = $1 AND wait_event_type = 'Lock' AND position($2 IN query) > 0)",
                      name, words)[0][0]
                    .as<bool>();
    });
  }
}

void PgWorld::Spoil(const Uuid& id) {
  Transact(admin_, [&](pg::Tx& tx) {
    tx.Exec("UPDATE sagas SET state = state - 'steps' WHERE shard = $1 AND id = $2::uuid", id.shard(), id.ToString());
  });
}

void PgWorld::KillBlocked(const std::string& name) {
  Transact(admin_, [&](pg::Tx& tx) {
    tx.Exec(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
        "application_name = $1 AND wait_event_type = 'Lock'",
        name);
  });
}

}  // namespace ordersaga::orchestrator
