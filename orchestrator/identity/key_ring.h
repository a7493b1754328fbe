// The API keys by which somebody may call now, in memory, so that judging one costs no round trip. Read again from the
// database every two seconds: what was made, rotated or revoked at another replica is known here that soon.
//
// While the database is away the last ring goes on; one that is older than twenty seconds opens nothing any more, so
// that a key that was revoked meanwhile does not live on.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "platform/access/principal.h"
#include "platform/base/clock.h"
#include "platform/pg/periodic.h"

namespace ordersaga::orchestrator {

// Thread-safe.
class KeyRing final : public Service {
 public:
  KeyRing(pg::SessionOptions options, const Clock& clock);
  ~KeyRing() override { Stop(); }

  absl::Status Start() override { return periodic_.Start(); }
  void Stop() override { periodic_.Stop(); }

  // Whose key this is. UNAUTHENTICATED: nobody's, or not any more. UNAVAILABLE: cannot be said now. Never blocks.
  absl::StatusOr<access::Principal> Judge(std::string_view key);
  // Reads again, soon.
  void Refresh() { periodic_.Wake(); }

 private:
  struct Good {
    access::Principal principal;
    absl::Time until;
  };
  using Ring = absl::flat_hash_map<std::string, Good>;  // by the secret's hash

  absl::Duration Work(pg::PqxxSession& session);

  const Clock& clock_;
  absl::Mutex mu_;
  Ring ring_ ABSL_GUARDED_BY(mu_);
  absl::Duration read_at_ ABSL_GUARDED_BY(mu_) = -absl::InfiniteDuration();  // of the monotonic clock
  std::set<std::string> used_ ABSL_GUARDED_BY(mu_);                          // ids, since it was last stored
  pg::Periodic periodic_;                                                    // last: it uses the others
};

}  // namespace ordersaga::orchestrator
