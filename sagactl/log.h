// Runs `sagactl log` and `sagactl log verify`.
#pragma once

#include "sagactl/options.h"

namespace ordersaga::cli {

// Return the exit code.
int RunLog(const LogCommand& log, const Options& options, const Terminal& terminal);
int RunLog(const VerifyLogCommand& verify, const Options& options, const Terminal& terminal);

}  // namespace ordersaga::cli
