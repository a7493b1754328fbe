// The engine's counts on the metrics page.
#pragma once

#include "orchestrator/engine/stats.h"
#include "platform/runtime/metrics.h"

namespace ordersaga::orchestrator {

void ExportStats(Metrics& metrics, const Stats& stats);

}  // namespace ordersaga::orchestrator
