// What a participant tidies up by itself: tombstones that nothing can meet any more.
#pragma once

#include "platform/participant/store/effect_store.h"
#include "platform/pg/periodic.h"

namespace ordersaga::participant {

// Every few minutes, on a thread and connection of its own. A database that is away is tried again the next time.
class Housekeeping final : public Service {
 public:
  explicit Housekeeping(pg::SessionOptions options)
      : periodic_(std::move(options), [this](pg::PqxxSession& session) { return Purge(session); }) {}

  absl::Status Start() override { return periodic_.Start(); }
  void Stop() override { periodic_.Stop(); }

 private:
  absl::Duration Purge(pg::PqxxSession& session) const;

  const EffectStore effects_{};
  pg::Periodic periodic_;
};

}  // namespace ordersaga::participant
