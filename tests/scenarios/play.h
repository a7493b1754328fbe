// Plays a story against the core and writes it down again with what really came of each line.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace ordersaga::orchestrator {

// `text` with the indented lines made new; equal to `text` if the story is told as it happens. Errors name the line
// that cannot be read, or that led to something that must never be (a broken invariant, a gap in a sequence).
absl::StatusOr<std::string> Play(const std::string& text);

}  // namespace ordersaga::orchestrator
