#include "platform/participant/housekeeping.h"

#include "platform/base/error.h"
#include "platform/runtime/log.h"

namespace ordersaga::participant {

absl::Status Housekeeping::Start() {
  if (absl::Status status = timers_.Start(); !status.ok()) return status;
  timers_.After(absl::ZeroDuration(), [this] { Purge(); });
  return absl::OkStatus();
}

void Housekeeping::Purge() {
  std::int64_t purged = 0;
  const absl::Status status = session_.Run([&](pg::Tx& tx) {
    purged = effects_.PurgeTombstones(tx);
    return absl::OkStatus();
  });
  if (!status.ok()) LogWarn("tombstones could not be purged", {{"error", MessageOf(status)}});
  if (purged > 0) LogInfo("tombstones purged", {{"rows", std::to_string(purged)}});
  // More of them may be due: go on soon. The connection is not kept for the long waits.
  if (purged == 0) session_.Close();
  timers_.After(purged > 0 ? absl::Seconds(1) : absl::Minutes(5), [this] { Purge(); });
}

}  // namespace ordersaga::participant
