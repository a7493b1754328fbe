#include "orchestrator/adapters/pg/event_segments_pg.h"

#include <algorithm>

#include "orchestrator_sql.embed.h"
#include "platform/base/error.h"
#include "platform/pg/sql.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

constexpr int kPerRetention = 8;  // segments that make up the retention time
constexpr int kMostAtOnce = 1000;

}  // namespace

EventSegmentsPg::EventSegmentsPg(pg::SessionOptions options, absl::Duration retention, const Clock& clock)
    : add_(pg::SqlFile(kOrchestratorSql, "segments_add.sql")),
      drop_(pg::SqlFile(kOrchestratorSql, "segments_drop.sql")),
      retention_(retention),
      length_(std::max(retention / kPerRetention, absl::Seconds(1))),
      session_(std::move(options)),
      timers_(clock) {}

absl::Status EventSegmentsPg::Start() {
  if (absl::Status status = timers_.Start(); !status.ok()) return status;
  timers_.After(absl::ZeroDuration(), [this] { Tidy(); });
  return absl::OkStatus();
}

void EventSegmentsPg::Tidy() {
  absl::Status status = Repeat(add_, length_);
  if (status.ok()) status = Repeat(drop_, retention_);
  if (!status.ok()) LogWarn("stored events could not be tidied; trying again", {{"error", MessageOf(status)}});
  timers_.After(std::min(length_ / 2, absl::Minutes(1)), [this] { Tidy(); });
}

absl::Status EventSegmentsPg::Repeat(const std::string& sql, absl::Duration argument) {
  bool again = true;
  for (int i = 0; again && i < kMostAtOnce; ++i) {
    const absl::Status status = session_.Run([&](pg::Tx& tx) {
      again = tx.Exec(sql, absl::ToDoubleSeconds(argument))[0][0].as<bool>();
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace ordersaga::orchestrator
