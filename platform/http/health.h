// What `<program> health` does: it asks the admin port of the process that runs. Containers and units call it, so it
// needs no shell and no curl.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace ordersaga::http {

// OK if /readyz says so. UNAVAILABLE: who does not answer, or what is not ready and why, on one line. Takes three
// seconds at most. `bind_address` is the server's: of an address that stands for all, loopback is asked.
absl::Status AskHealth(const std::string& bind_address, int admin_port);

}  // namespace ordersaga::http
