// Runs `sagactl doctor`.
#pragma once

#include "sagactl/options.h"

namespace ordersaga::cli {

// Returns the exit code: kOk if nothing was found.
int RunDoctor(const DoctorCommand& doctor, const Options& options, const Terminal& terminal);

}  // namespace ordersaga::cli
