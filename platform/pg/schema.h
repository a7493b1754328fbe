// The part of a process that waits for its database and brings the schema up to date.
#pragma once

#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "platform/pg/migrate.h"
#include "platform/runtime/service.h"

namespace ordersaga::pg {

class Schema final : public Service {
 public:
  // `prepare` migrates, and whatever else must be done before the other parts start.
  Schema(SessionOptions options, std::function<absl::Status(Session&)> prepare)
      : session_(std::move(options)), prepare_(std::move(prepare)) {}

  // Tries again until PostgreSQL answers or a signal comes; says so in the log. Other errors end the process.
  absl::Status Start() override;
  void Stop() override { session_.Close(); }

  // OK, or UNAVAILABLE and what it waits for. Any thread.
  absl::Status Check() const;

 private:
  Session session_;
  const std::function<absl::Status(Session&)> prepare_;
  mutable absl::Mutex mu_;
  absl::Status status_ ABSL_GUARDED_BY(mu_) = absl::UnavailableError("the schema is not up to date yet");
};

}  // namespace ordersaga::pg
