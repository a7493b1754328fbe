// The moment at which these tests happen.
#pragma once

#include "absl/time/time.h"

namespace ordersaga::participant {

inline const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

}  // namespace ordersaga::participant
