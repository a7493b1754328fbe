// Keeps the outbox in segments of time: makes the next ones ahead, and drops those that are older than the retention
// time and that the relay has passed (docs/adr/0010-outbox-segments.md). Every replica runs one; they take turns.
//
// While the database is away, or busy with the table, it tries again later; events are stored all the same.
#pragma once

#include <string_view>

#include "platform/pg/periodic.h"

namespace ordersaga::orchestrator {

class EventSegmentsPg final : public Service {
 public:
  EventSegmentsPg(pg::SessionOptions options, absl::Duration retention);

  absl::Status Start() override { return periodic_.Start(); }
  void Stop() override { periodic_.Stop(); }

 private:
  absl::Duration Tidy(pg::PqxxSession& session) const;
  // Runs a statement that answers "call again" until it answers no.
  static absl::Status Repeat(pg::PqxxSession& session, std::string_view sql, absl::Duration argument);

  const absl::Duration retention_;
  const absl::Duration length_;
  pg::Periodic periodic_;
};

}  // namespace ordersaga::orchestrator
