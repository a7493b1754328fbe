#include "platform/pg/schema.h"

#include <utility>

#include "platform/base/error.h"
#include "platform/pg/until_answered.h"
#include "platform/runtime/log.h"
#include "platform/runtime/supervisor.h"

namespace ordersaga::pg {

Schema::Schema(SessionOptions options, Migrations migrations, MigrateSettings settings, const Clock& clock,
               std::function<absl::Status(PqxxSession&)> prepare)
    : options_(std::move(options)),
      migrations_(std::move(migrations)),
      settings_(std::move(settings)),
      clock_(clock),
      prepare_(std::move(prepare)),
      session_(options_) {}

absl::Status Schema::Check() const {
  absl::MutexLock lock(&mu_);
  return status_;
}

// Only what runs migrations may take as long as it needs.
absl::Status Schema::Fit() {
  const absl::StatusOr<SchemaState> state = ReadSchema(session_, migrations_);
  if (!state.ok()) return state.status();
  if (!settings_.automatic()) return MayWork(*state, settings_.program);
  if (state->complete()) return MayMigrate(*state);
  PqxxSession migrating(ForMigrations(options_));
  return Migrate(migrating, migrations_, clock_, [](const Migration& migration, absl::Duration took) {
    LogInfo("migration applied", {{"name", std::string(migration.name)},
                                  {"kind", std::string(Name(migration.kind))},
                                  {"took", absl::FormatDuration(absl::Trunc(took, absl::Milliseconds(1)))}});
  });
}

absl::Status Schema::Attempt() {
  absl::Status status = Fit();
  if (status.ok() && prepare_) status = prepare_(session_);
  absl::MutexLock lock(&mu_);
  status_ = status.ok() ? status : absl::UnavailableError("waiting for the database: " + MessageOf(status));
  return status;
}

void Schema::Waits(const absl::Status& why) {
  LogWarn(FailureOf(why) == PgFailure::kLocked ? "a migration waits" : "waiting for the database",
          {{"error", MessageOf(why)}});
  TellSupervisor("STATUS=waiting for the database: " + MessageOf(why));
}

absl::Status Schema::Start() {
  const absl::Status status = UntilAnswered([this] { return Attempt(); }, [this](const absl::Status& s) { Waits(s); });
  if (status.ok()) session_.Close();
  return status;
}

}  // namespace ordersaga::pg
