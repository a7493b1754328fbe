#include "sagactl/moment.h"

#include "platform/base/clock.h"

namespace ordersaga::cli {

bool ParseMoment(const std::string& text, absl::Time* time) {
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, time, &error)) return true;
  absl::Duration ago;
  if (!absl::ParseDuration(text, &ago) || ago < absl::ZeroDuration()) return false;
  *time = SystemClock().Now() - ago;
  return true;
}

std::string CheckMoment(const std::string& text) {
  absl::Time time;
  if (ParseMoment(text, &time)) return "";
  return "'" + text + "' is no time; write 2024-05-01T12:00:00Z, or 1h for an hour ago";
}

}  // namespace ordersaga::cli
