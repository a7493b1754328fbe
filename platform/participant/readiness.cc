#include "platform/participant/readiness.h"

namespace ordersaga::participant {

absl::Status DatabaseWatch::Start() {
  if (absl::Status status = timers_.Start(); !status.ok()) return status;
  timers_.After(absl::ZeroDuration(), [this] { Ask(); });
  return absl::OkStatus();
}

void DatabaseWatch::Ask() {
  there_ = session_
               .Run([](pg::Tx& tx) {
                 tx.Script("");
                 return absl::OkStatus();
               })
               .ok();
  timers_.After(absl::Seconds(1), [this] { Ask(); });
}

absl::Status DatabaseWatch::Check(bool schema_ready) const {
  if (!schema_ready) return absl::UnavailableError("the schema is not up to date yet");
  if (!there_) return absl::UnavailableError("the database does not answer");
  return absl::OkStatus();
}

}  // namespace ordersaga::participant
