// The part of a process that waits for its database and brings the schema up to date.
#pragma once

#include <atomic>
#include <functional>
#include <string>

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

  bool ready() const { return ready_; }  // any thread

 private:
  Session session_;
  const std::function<absl::Status(Session&)> prepare_;
  std::atomic<bool> ready_{false};
};

}  // namespace ordersaga::pg
