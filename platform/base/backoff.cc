#include "platform/base/backoff.h"

#include <algorithm>

namespace ordersaga {

absl::Duration Backoff::Delay(int attempt, double jitter) const {
  absl::Duration bound = initial;
  for (int i = 1; i < attempt && bound < cap; ++i) bound *= factor;
  bound = std::min(bound, cap);
  return bound * std::max(jitter, 0.1);
}

}  // namespace ordersaga
