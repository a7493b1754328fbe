#include "platform/base/rng.h"

#include <limits>

namespace ordersaga {

std::uint64_t SystemRng::Next() {
  absl::MutexLock lock(&mu_);
  return absl::Uniform<std::uint64_t>(absl::IntervalClosed, gen_, 0, std::numeric_limits<std::uint64_t>::max());
}

}  // namespace ordersaga
