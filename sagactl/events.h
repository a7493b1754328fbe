// `sagactl events ...`: live from the broker, stored from the orchestrator's EventService.
#pragma once

#include "sagactl/options.h"

namespace ordersaga::cli {

// Each returns the exit code.
int RunEvents(const TailCommand& tail, const Options& options, const Terminal& terminal);
int RunEvents(const ReplayCommand& replay, const Options& options, const Terminal& terminal);  // replay.cc
int RunEvents(const HeldCommand& held, const Options& options, const Terminal& terminal);
int RunEvents(const ReleaseCommand& release, const Options& options, const Terminal& terminal);

}  // namespace ordersaga::cli
