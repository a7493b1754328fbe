#include "gateway/api/client_rate.h"

#include <fmt/format.h>

#include <algorithm>

namespace ordersaga::gateway {
namespace {

constexpr std::size_t kMostBuckets = 10'000;

}  // namespace

ClientRate::Verdict ClientRate::Take(const std::string& client, absl::Duration now) {
  if (per_second_ <= 0) return {};
  absl::MutexLock lock(&mu_);
  if (buckets_.size() >= kMostBuckets) Forget(now);
  Bucket& bucket = buckets_.try_emplace(client, Bucket{Depth(), now}).first->second;
  bucket.tokens = std::min(Depth(), bucket.tokens + per_second_ * absl::ToDoubleSeconds(now - bucket.filled));
  bucket.filled = now;
  if (bucket.tokens < 1) return {false, 0, absl::Seconds((1 - bucket.tokens) / per_second_)};
  bucket.tokens -= 1;
  return {true, static_cast<std::int64_t>(bucket.tokens), {}};
}

std::vector<std::pair<std::string, std::string>> ClientRate::Headers(const Verdict& verdict) const {
  if (per_second_ <= 0) return {};
  return {{"RateLimit-Policy", fmt::format("\"client\";q={:.0f};w=2", Depth())},
          {"RateLimit", fmt::format("\"client\";r={};t={:.0f}", verdict.left, verdict.allowed ? 0.0 : 1.0)}};
}

void ClientRate::Forget(absl::Duration now) {
  absl::erase_if(buckets_, [&](const auto& entry) {
    return entry.second.tokens + per_second_ * absl::ToDoubleSeconds(now - entry.second.filled) >= Depth();
  });
}

}  // namespace ordersaga::gateway
