// How sagactl says that something went wrong: the message, what the user can do about it, and the exit code.
#pragma once

#include "absl/status/status.h"
#include "sagactl/options.h"

namespace ordersaga::cli {

// Writes to `err`; returns the exit code.
int Fail(const absl::Status& status, const Options& options, const Terminal& terminal);

// The same with a hint of the caller's.
int Fail(const absl::Status& status, const std::string& hint, const Terminal& terminal);

}  // namespace ordersaga::cli
