#include "orchestrator/identity/key_ring.h"

#include <utility>
#include <vector>

#include "orchestrator/adapters/pg/key_store_pg.h"
#include "platform/access/api_key.h"
#include "platform/base/error.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

constexpr absl::Duration kReadAgain = absl::Seconds(2);
constexpr absl::Duration kStale = absl::Seconds(20);

absl::Status Nobodys() {
  return MakeError(absl::StatusCode::kUnauthenticated, "UNAUTHENTICATED",
                   "this API key is not known here, has expired or was revoked");
}

}  // namespace

KeyRing::KeyRing(pg::SessionOptions options, const Clock& clock)
    : clock_(clock), periodic_(std::move(options), [this](pg::PqxxSession& session) { return Work(session); }) {}

absl::StatusOr<access::Principal> KeyRing::Judge(std::string_view key) {
  const std::optional<access::ApiKey> parsed = access::ParseApiKey(key);
  if (!parsed.has_value()) {
    return MakeError(absl::StatusCode::kUnauthenticated, "UNAUTHENTICATED", "an API key looks like osk_<id>_<secret>");
  }
  absl::MutexLock lock(&mu_);
  if (clock_.Monotonic() - read_at_ > kStale) {
    return TryAgain(absl::StatusCode::kUnavailable, "TRY_AGAIN", "API keys cannot be checked at the moment",
                    absl::Seconds(1));
  }
  const auto found = ring_.find(parsed->hash());
  if (found == ring_.end() || found->second.principal.name != parsed->id || found->second.until <= clock_.Now()) {
    return Nobodys();
  }
  used_.insert(parsed->id);
  return found->second.principal;
}

absl::Duration KeyRing::Work(pg::PqxxSession& session) {
  std::vector<std::string> used;
  {
    absl::MutexLock lock(&mu_);
    const std::set<std::string> taken = std::exchange(used_, {});
    used.assign(taken.begin(), taken.end());
  }
  const absl::Duration asked_at = clock_.Monotonic();
  Ring ring;
  const absl::Status status = session.Run([&](pg::PqxxTx& tx) {
    ring.clear();
    for (GoodSecret& good : GoodSecrets(tx)) {
      ring.emplace(std::move(good.hash), Good{std::move(good.principal), good.until});
    }
    if (!used.empty()) MarkUsed(tx, used);
    return absl::OkStatus();
  });
  if (!status.ok()) {
    LogWarn("API keys could not be read", {{"error", MessageOf(status)}});
    return kReadAgain;
  }
  absl::MutexLock lock(&mu_);
  ring_.swap(ring);
  read_at_ = asked_at;
  return kReadAgain;
}

}  // namespace ordersaga::orchestrator
