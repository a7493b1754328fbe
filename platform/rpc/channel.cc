#include "platform/rpc/channel.h"

#include <grpcpp/create_channel.h>

#include <limits>

namespace ordersaga::rpc {

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address, const ChannelOptions& options) {
  grpc::ChannelArguments args;
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // A ping after so long a silence, and so long for its answer. The server allows one a second (server.cc).
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 3'000);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 2'000);
  args.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);  // or a connection without calls is watched no longer
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  // The name in TLS's first message. Servers complain in their logs of one that stands in no certificate of theirs.
  if (!options.server.empty()) args.SetSslTargetNameOverride(options.server);
  args.SetMaxReceiveMessageSize(options.max_message);
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  args.SetInt(GRPC_ARG_CLIENT_IDLE_TIMEOUT_MS, std::numeric_limits<int>::max());  // stays connected
  // Not round_robin: over it gRPC 1.51 crashes where something answers HTTP/1.1 to the first bytes of HTTP/2.
  args.SetLoadBalancingPolicyName("pick_first");
  return grpc::CreateCustomChannel(address, options.credentials, args);
}

}  // namespace ordersaga::rpc
