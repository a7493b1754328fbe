// Whether a gRPC server answers at an address, asked before the first call.
//
// gRPC 1.51 needs this: over round_robin, a call to something that answers HTTP/1.1 200 crashes the program, since the
// failure to connect is then called OK. Without a call nothing crashes.
#pragma once

#include <grpcpp/client_context.h>

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace ordersaga::cli {

// Blocks for at most `timeout`. Errors, with the address: UNAVAILABLE, nobody answers there, or something that does not
// speak gRPC; DEADLINE_EXCEEDED, no answer in time.
absl::Status Reach(const std::string& address, absl::Duration timeout);

// The call fails with DEADLINE_EXCEEDED once `timeout` has passed.
void SetDeadline(grpc::ClientContext* context, absl::Duration timeout);

}  // namespace ordersaga::cli
