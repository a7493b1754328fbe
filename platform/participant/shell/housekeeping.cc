#include "platform/participant/shell/housekeeping.h"

#include "platform/base/error.h"
#include "platform/runtime/log.h"

namespace ordersaga::participant {

absl::Duration Housekeeping::Purge(pg::PqxxSession& session) const {
  std::int64_t purged = 0;
  const absl::Status status = session.Run([&](pg::PqxxTx& tx) {
    purged = effects_.PurgeTombstones(tx);
    return absl::OkStatus();
  });
  if (!status.ok()) LogWarn("tombstones could not be purged", {{"error", MessageOf(status)}});
  if (purged > 0) LogInfo("tombstones purged", {{"rows", std::to_string(purged)}});
  if (purged > 0) return absl::Seconds(1);  // more of them may be due
  session.Close();                          // not kept for the long wait
  return absl::Minutes(5);
}

}  // namespace ordersaga::participant
