// Participants that operators have put on hold, as of the latest lease renewal: nobody is asked anything while a hold
// is in force, and no time passes for the sagas that wait for it. Written by the loop, read by any thread.
#pragma once

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/ports/shard_store.h"

namespace ordersaga::orchestrator {

class Holds {
 public:
  void Set(std::vector<ParticipantHold> holds) {
    absl::MutexLock lock(&mu_);
    holds_ = std::move(holds);
  }

  // The one in force.
  std::optional<ParticipantHold> Of(std::string_view participant) const {
    absl::MutexLock lock(&mu_);
    for (const ParticipantHold& hold : holds_) {
      if (hold.participant == participant && !hold.until.has_value()) return hold;
    }
    return std::nullopt;
  }

  std::vector<ParticipantHold> InForce() const {
    absl::MutexLock lock(&mu_);
    std::vector<ParticipantHold> in_force;
    std::copy_if(holds_.begin(), holds_.end(), std::back_inserter(in_force),
                 [](const ParticipantHold& hold) { return !hold.until.has_value(); });
    return in_force;
  }

  // For how long of the time between `from` and `now` the participant was on hold.
  absl::Duration Between(std::string_view participant, absl::Time from, absl::Time now) const {
    absl::MutexLock lock(&mu_);
    absl::Duration held;
    for (const ParticipantHold& hold : holds_) {
      if (hold.participant != participant) continue;
      const absl::Time end = std::min(now, hold.until.value_or(now));
      held += std::max(absl::ZeroDuration(), end - std::max(from, hold.since));
    }
    return held;
  }

 private:
  mutable absl::Mutex mu_;
  std::vector<ParticipantHold> holds_ ABSL_GUARDED_BY(mu_);
};

}  // namespace ordersaga::orchestrator
