// The part of a process that waits for its database, and brings the schema up to date or sees whether it fits.
#pragma once

#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "platform/pg/migrate.h"
#include "platform/pg/migrate_command.h"
#include "platform/runtime/service.h"

namespace ordersaga::pg {

class Schema final : public Service {
 public:
  // `prepare`: whatever else must be done before the other parts start.
  Schema(SessionOptions options, Migrations migrations, MigrateSettings settings, const Clock& clock,
         std::function<absl::Status(PqxxSession&)> prepare = {});

  // Tries again until PostgreSQL answers or a signal comes; says so in the log. Other errors end the process:
  // FAILED_PRECONDITION if it must not work on such a database (MayMigrate, MayWork).
  absl::Status Start() override;
  void Stop() override { session_.Close(); }

  // OK, or UNAVAILABLE and what it waits for. Any thread.
  absl::Status Check() const;

 private:
  absl::Status Fit();
  absl::Status Attempt();
  void Waits(const absl::Status& why);

  const SessionOptions options_;
  const Migrations migrations_;
  const MigrateSettings settings_;
  const Clock& clock_;
  const std::function<absl::Status(PqxxSession&)> prepare_;
  PqxxSession session_;
  mutable absl::Mutex mu_;
  absl::Status status_ ABSL_GUARDED_BY(mu_) = absl::UnavailableError("the schema is not up to date yet");
};

}  // namespace ordersaga::pg
