#include "platform/pg/time.h"

namespace ordersaga::pg {

std::string ToPg(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%E6S+00", time, absl::UTCTimeZone());
}

absl::Time FromPg(std::string_view text) {
  absl::Time time;
  std::string error;
  // The hours alone of the offset are printed; RFC 3339 wants minutes too.
  const std::string full = std::string(text) + ":00";
  if (absl::ParseTime("%Y-%m-%d %H:%M:%E*S%Ez", full, &time, &error)) return time;
  return absl::InfinitePast();
}

}  // namespace ordersaga::pg
