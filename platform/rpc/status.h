// Our errors on the wire and back: absl::Status with reason, field violations and retry-after <-> grpc::Status with
// google.rpc ErrorInfo, BadRequest and RetryInfo. What goes out comes back equal.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace google::rpc {
class Status;
}

namespace ordersaga::rpc {

grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

// The same inside a message, where one call answers for several: never OK, whatever the message says.
google::rpc::Status ToMessage(const absl::Status& status);
grpc::Status FromMessage(const google::rpc::Status& message);

}  // namespace ordersaga::rpc
