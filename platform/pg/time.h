// timestamptz as text -> absl::Time, in UTC (every session here runs in UTC), to the microsecond. The other way times
// go in binary form (session.h, array.h).
#pragma once

#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace ordersaga::pg {

// "2026-11-23 09:00:00.123456+00", as PostgreSQL prints it. InfinitePast for anything else.
absl::Time FromPg(std::string_view text);

}  // namespace ordersaga::pg
