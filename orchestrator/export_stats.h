// The counts of the engine and of the connection to the broker, on the metrics page.
#pragma once

#include "orchestrator/engine/stats.h"
#include "platform/amqp/publisher.h"
#include "platform/base/clock.h"
#include "platform/runtime/metrics.h"

namespace ordersaga::orchestrator {

// What it is given must outlive the metrics.
void ExportStats(Metrics& metrics, const Stats& stats, const amqp::ConfirmedPublisher& broker, const Clock& clock);

}  // namespace ordersaga::orchestrator
