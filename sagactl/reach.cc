#include "sagactl/reach.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "platform/rpc/replicas.h"

namespace ordersaga::cli {

absl::Status Reach(const std::string& address, absl::Duration timeout) {
  const auto channel = rpc::ChannelToOne(address);
  const gpr_timespec limit =
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(absl::ToInt64Nanoseconds(timeout), GPR_TIMESPAN));
  grpc_connectivity_state state = channel->GetState(/*try_to_connect=*/true);
  while (state != GRPC_CHANNEL_READY) {
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE) {
      return absl::UnavailableError(
          fmt::format("unreachable: nobody answers at {}, or what answers there does not speak gRPC", address));
    }
    if (!channel->WaitForStateChange(state, limit)) {
      return absl::DeadlineExceededError(fmt::format("no answer from {} in time", address));
    }
    state = channel->GetState(/*try_to_connect=*/true);
  }
  return absl::OkStatus();
}

void SetDeadline(grpc::ClientContext* context, absl::Duration timeout) {
  context->set_deadline(gpr_time_from_nanos(absl::ToInt64Nanoseconds(timeout), GPR_TIMESPAN));
}

}  // namespace ordersaga::cli
