#include "platform/participant/core/patience.h"

namespace ordersaga::participant {
namespace {

// How many moments lie within this age: first, 2 first, 4 first, ... and from the last of these on every `longest`.
std::int64_t Moments(const Patience& patience, absl::Duration age) {
  absl::Duration moment = patience.first;
  if (age < moment) return 0;
  std::int64_t count = 1;
  for (; moment * 2 <= patience.longest; ++count) {
    if (age < moment * 2) return count;
    moment *= 2;
  }
  return count + (age - moment) / patience.longest;
}

}  // namespace

bool IsDue(const Patience& patience, const EffectRecord& record, absl::Time looked, absl::Time now) {
  const auto moments = [&](absl::Time at) { return Moments(patience, absl::AbsDuration(at - record.updated_at)); };
  return UnderWay(record) && moments(looked) != moments(now);
}

}  // namespace ordersaga::participant
