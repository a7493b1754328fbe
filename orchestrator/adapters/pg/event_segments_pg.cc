#include "orchestrator/adapters/pg/event_segments_pg.h"

#include <algorithm>

#include "orchestrator_sql.embed.h"
#include "platform/base/error.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

constexpr int kPerRetention = 8;  // segments that make up the retention time
constexpr int kMostAtOnce = 1000;

}  // namespace

EventSegmentsPg::EventSegmentsPg(pg::SessionOptions options, absl::Duration retention)
    : retention_(retention),
      length_(std::max(retention / kPerRetention, absl::Seconds(1))),
      periodic_(std::move(options), [this](pg::PqxxSession& session) { return Tidy(session); }) {}

absl::Duration EventSegmentsPg::Tidy(pg::PqxxSession& session) const {
  absl::Status status = Repeat(session, sql::outbox::add_segment, length_);
  if (status.ok()) status = Repeat(session, sql::outbox::drop_segment, retention_);
  if (!status.ok()) LogWarn("stored events could not be tidied; trying again", {{"error", MessageOf(status)}});
  return std::min(length_ / 2, absl::Minutes(1));
}

absl::Status EventSegmentsPg::Repeat(pg::PqxxSession& session, std::string_view sql, absl::Duration argument) {
  bool again = true;
  for (int i = 0; again && i < kMostAtOnce; ++i) {
    const absl::Status status = session.Run([&](pg::PqxxTx& tx) {
      again = tx.Exec(sql, absl::ToDoubleSeconds(argument))[0][0].as<bool>();
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace ordersaga::orchestrator
