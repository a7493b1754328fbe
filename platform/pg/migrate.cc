#include "platform/pg/migrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "pg_sql.embed.h"
#include "platform/base/error.h"

namespace ordersaga::pg {
namespace {

absl::Status AnotherMigrates() {
  return MakeFailure(PgFailure::kUnavailable, "another process migrates this database");
}

bool IsBuiltAlone(const Migration& migration) {
  return !migration.index.empty();
}

class Migrator {
 public:
  Migrator(PqxxSession& session, const Clock& clock, const MigrationTold& told)
      : session_(session), clock_(clock), told_(told) {}

  // What every database has beside its migrations.
  absl::Status Prepare() {
    return session_.Run([&](PqxxTx& tx) {
      if (!Lock(tx)) return AnotherMigrates();
      tx.Exec(sql::schema_migrations::create);
      tx.Exec(sql::schema_migrations::add_kind);
      tx.Exec(sql::schema_migrations::functions);
      return absl::OkStatus();
    });
  }

  // Nobody uses an empty database yet, so it is made whole or not at all.
  absl::Status RunAll(const SchemaState& state) {
    const std::span<const Migration> missing = state.missing;
    const bool empty = state.database_version == 0;
    for (auto next = missing.begin(); next != missing.end();) {
      const bool alone = IsBuiltAlone(*next);
      const auto end = alone || !empty ? next + 1 : std::find_if(next, missing.end(), IsBuiltAlone);
      const absl::Status status = alone ? BuildIndex(*next) : RunTogether({next, end});
      if (FailureOf(status) == PgFailure::kLocked) return Locked(*next);
      if (!status.ok()) return status;
      next = end;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status RunTogether(std::span<const Migration> migrations) {
    std::vector<std::pair<Migration, absl::Duration>> ran;
    const absl::Status status = session_.Run([&](PqxxTx& tx) {
      if (!Lock(tx)) return AnotherMigrates();
      for (const Migration& migration : migrations) {
        if (Has(tx, migration)) continue;
        const absl::Duration begun = clock_.Monotonic();
        tx.Script(migration.sql);
        Record(tx, migration);
        ran.emplace_back(migration, clock_.Monotonic() - begun);
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    for (const auto& [migration, took] : ran) Tell(migration, took);
    return status;
  }

  absl::Status BuildIndex(const Migration& migration) {
    const absl::Duration begun = clock_.Monotonic();
    const absl::Status status = BuildLocked(migration);
    session_.Close();  // and with it the lock
    if (status.ok()) Tell(migration, clock_.Monotonic() - begun);
    return status;
  }

  static bool Lock(PqxxTx& tx) {
    tx.Exec(sql::schema_migrations::patience);
    return tx.Exec(sql::schema_migrations::lock)[0][0].as<bool>();
  }
  static bool Has(PqxxTx& tx, const Migration& migration) {  // another process was quicker
    return tx.Exec(sql::schema_migrations::has, std::string(migration.name))[0][0].as<bool>();
  }
  static void Record(PqxxTx& tx, const Migration& migration) {
    tx.Exec(sql::schema_migrations::record, std::string(migration.name), ChecksumOf(migration),
            std::string(Name(migration.kind)));
  }
  void Tell(const Migration& migration, absl::Duration took) const {
    if (told_) told_(migration, took);
  }

  // Others hold what it changes. Says who that probably is.
  absl::Status Locked(const Migration& migration) {
    std::string holder = "a transaction that has just ended";
    const absl::Status asked = session_.Run([&](PqxxTx& tx) {
      for (const auto& row : tx.Exec(sql::schema_migrations::oldest)) {
        holder = fmt::format("perhaps {} (process {} of PostgreSQL), whose transaction has been open for {} s",
                             row[0].c_str(), row[1].c_str(), row[2].c_str());
      }
      return absl::OkStatus();
    });
    if (!asked.ok()) return asked;
    return MakeFailure(PgFailure::kLocked, fmt::format("{} waits for what others hold: {}", migration.name, holder));
  }

  // An index that is there and whole was built by somebody who did not live to record it.
  absl::Status BuildLocked(const Migration& migration) {
    bool done = false, built = false;
    std::string drop;
    absl::Status status = session_.Run([&](PqxxTx& tx) {
      if (!tx.Exec(sql::schema_migrations::lock_session)[0][0].as<bool>()) return AnotherMigrates();
      done = Has(tx, migration);
      for (const auto& row : tx.Exec(sql::schema_migrations::index, std::string(migration.index))) {
        built = row[0].as<bool>();
        drop = row[1].c_str();
      }
      return absl::OkStatus();
    });
    if (!status.ok() || done) return status;
    if (!built && !drop.empty()) status = session_.RunAlone(drop);
    if (status.ok() && !built) status = session_.RunAlone(migration.sql);
    if (!status.ok()) return status;
    return session_.Run([&](PqxxTx& tx) {
      Record(tx, migration);
      return absl::OkStatus();
    });
  }

  PqxxSession& session_;
  const Clock& clock_;
  const MigrationTold& told_;
};

}  // namespace

absl::StatusOr<SchemaState> ReadSchema(PqxxSession& session, const Migrations& migrations) {
  SchemaState state;
  const absl::Status status = session.Run([&](PqxxTx& tx) {
    std::vector<AppliedMigration> applied;
    if (tx.Exec(sql::schema_migrations::is_there)[0][0].as<bool>()) {
      for (const auto& row : tx.Exec(sql::schema_migrations::list)) {
        applied.push_back({row[0].c_str(), row[1].c_str(), row[2].c_str()});
      }
    }
    state = Compare(migrations, applied);
    state.prepared = tx.Exec(sql::schema_migrations::is_prepared)[0][0].as<bool>();
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return state;
}

absl::Status Migrate(PqxxSession& session, const Migrations& migrations, const Clock& clock,
                     const MigrationTold& told) {
  const absl::StatusOr<SchemaState> state = ReadSchema(session, migrations);
  if (!state.ok()) return state.status();
  if (absl::Status status = MayMigrate(*state); !status.ok()) return status;
  if (state->complete()) return absl::OkStatus();
  Migrator migrator(session, clock, told);
  if (absl::Status status = migrator.Prepare(); !status.ok()) return status;
  return migrator.RunAll(*state);
}

SessionOptions ForMigrations(SessionOptions options) {
  options.statement_timeout = absl::ZeroDuration();  // none
  options.answer_timeout = absl::InfiniteDuration();
  return options;
}

}  // namespace ordersaga::pg
