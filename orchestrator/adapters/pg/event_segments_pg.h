// Keeps the outbox in segments of time: makes the next ones ahead, and drops those that are older than the retention
// time and that the relay has passed (docs/adr/0010-outbox-segments.md). Every replica runs one; they take turns.
//
// On a thread and connection of its own. While the database is away, or busy with the table, it tries again later;
// events are stored all the same.
#pragma once

#include <string>

#include "platform/pg/session.h"
#include "platform/runtime/timer_thread.h"

namespace ordersaga::orchestrator {

class EventSegmentsPg final : public Service {
 public:
  EventSegmentsPg(pg::SessionOptions options, absl::Duration retention, const Clock& clock);
  ~EventSegmentsPg() override { Stop(); }

  absl::Status Start() override;
  void Stop() override { timers_.Stop(); }

 private:
  void Tidy();
  // Runs a statement that answers "call again" until it answers no.
  absl::Status Repeat(const std::string& sql, absl::Duration argument);

  const std::string add_, drop_;
  const absl::Duration retention_;
  const absl::Duration length_;
  pg::Session session_;  // used on the timer's thread only
  TimerThread timers_;
};

}  // namespace ordersaga::orchestrator
