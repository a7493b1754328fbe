// A process from start to end: signals, and the parts in order.
#pragma once

#include <vector>

#include "platform/runtime/service.h"

namespace ordersaga {

// First thing in main, before any thread exists. From then on
// - SIGTERM and SIGINT are taken by RunUntilSignal alone;
// - files and folders made are readable by the process's own user only: mails hold addresses;
// - no core is dumped: it would hold keys, passwords and addresses;
// - a request for memory that cannot be met ends the process at once (SIGABRT). At a limit (docs/operations.md) nothing
//   that still works is worth more than a restart: what was promised is stored;
// - abseil's mutexes keep no book of the order in which they are locked: Debian builds it so that they do, under one
//   lock for all. The thread sanitizer looks for deadlocks in our tests.
void PrepareProcess();

// For what a person began and may end at any moment: SIGTERM and SIGINT end the process at once again.
void TakeSignalsAgain();

// Waits, but not past a SIGTERM or SIGINT: true if one came (it is taken). For retries inside Service::Start.
bool SignalledWithin(absl::Duration wait);

// Starts the services in order (the first error: stops what runs, returns 1, or 2 after FAILED_PRECONDITION: as it was
// told to, it can never start), tells the supervisor, waits for SIGTERM
// or SIGINT, then drains all in reverse order and stops all in reverse order. A second signal, or `drain_timeout`, ends
// the process at once with code 1: nothing here relies on a clean exit. Returns the exit code.
int RunUntilSignal(const std::vector<Service*>& services, absl::Duration drain_timeout);

}  // namespace ordersaga
