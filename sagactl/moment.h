// Points in time as people type them: "2024-05-01T12:00:00Z", or "1h" for an hour ago. Pure but for the clock.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace ordersaga::cli {

// False: neither.
bool ParseMoment(const std::string& text, absl::Time* time);

// For CLI11: empty if it is one, otherwise what is wrong with it.
std::string CheckMoment(const std::string& text);

}  // namespace ordersaga::cli
