// Our errors on the wire and back: absl::Status with reason, field violations and retry-after <-> grpc::Status with
// google.rpc ErrorInfo, BadRequest and RetryInfo. What goes out comes back equal.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace ordersaga::rpc {

grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace ordersaga::rpc
