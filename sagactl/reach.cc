#include "sagactl/reach.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "platform/access/api_key.h"
#include "platform/rpc/guard.h"
#include "platform/rpc/identity.h"
#include "platform/rpc/replicas.h"

namespace ordersaga::cli {
namespace {

rpc::Identity IdentityOf(const Options& options) {
  return rpc::Identity::OfCaller("sagactl", options.tls_folder);
}

rpc::ChannelOptions ChannelTo(const std::string& program, const Options& options) {
  rpc::ChannelOptions channel = IdentityOf(options).To(program);
  if (options.key.empty() || program != "orchestrator") return channel;
  channel.credentials =
      grpc::CompositeChannelCredentials(channel.credentials, grpc::AccessTokenCredentials(options.key));
  return channel;
}

}  // namespace

absl::Status CheckCredentials(const Options& options) {
  if (!options.key.empty() && options.tls_folder.empty()) {
    return absl::InvalidArgumentError("a key is sent over TLS only: name a folder with ca.crt as --tls-folder");
  }
  if (!options.key.empty() && !access::ParseApiKey(options.key).has_value()) {
    return absl::InvalidArgumentError(
        "that is no API key: one is osk_<id>_<secret>, as `sagactl keys create` has shown it");
  }
  return IdentityOf(options).Check();
}

std::string CaFile(const Options& options) {
  return IdentityOf(options).ca_file();
}

std::shared_ptr<grpc::Channel> Dial(const Options& options, const std::string& addresses, const std::string& program,
                                    int max_message) {
  rpc::ChannelOptions channel = ChannelTo(program, options);
  channel.max_message = max_message;
  return rpc::ChannelToOne(addresses, channel);
}

absl::Status Reach(const Options& options, const std::string& address, const std::string& program) {
  const auto channel = Dial(options, address, program);
  const gpr_timespec limit = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                          gpr_time_from_nanos(absl::ToInt64Nanoseconds(options.timeout), GPR_TIMESPAN));
  grpc_connectivity_state state = channel->GetState(/*try_to_connect=*/true);
  while (state != GRPC_CHANNEL_READY) {
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE) {
      return absl::UnavailableError(fmt::format(
          "unreachable: nobody answers at {}, or what answers there does not speak gRPC{}", address,
          options.tls_folder.empty() ? "" : fmt::format(" as {} with a certificate that ca.crt knows", program)));
    }
    if (!channel->WaitForStateChange(state, limit)) {
      return absl::DeadlineExceededError(fmt::format("no answer from {} in time", address));
    }
    state = channel->GetState(/*try_to_connect=*/true);
  }
  return absl::OkStatus();
}

void Prepare(grpc::ClientContext* context, const Options& options) {
  context->set_deadline(gpr_time_from_nanos(absl::ToInt64Nanoseconds(options.timeout), GPR_TIMESPAN));
  if (!options.caller.empty()) context->AddMetadata(rpc::kCallerName, options.caller);
}

}  // namespace ordersaga::cli
