// The engine's counts on the metrics page.
#pragma once

#include "orchestrator/engine/stats.h"
#include "platform/base/clock.h"
#include "platform/runtime/metrics.h"

namespace ordersaga::orchestrator {

// `stats` and `clock` must outlive the metrics.
void ExportStats(Metrics& metrics, const Stats& stats, const Clock& clock);

}  // namespace ordersaga::orchestrator
