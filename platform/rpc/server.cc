#include "platform/rpc/server.h"

#include <fmt/format.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>

#include <algorithm>

#include "google/rpc/error_details.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "platform/base/error.h"

namespace ordersaga::rpc {
namespace {

constexpr absl::Duration kAskReady = absl::Milliseconds(250);
constexpr int kConnectionAgeMs = 10 * 60 * 1000;
constexpr int kHandshakeMs = 10'000;  // gRPC's own default is two minutes

}  // namespace

RpcServer::RpcServer(RpcServerOptions options, std::vector<ServedService*> services)
    : options_(std::move(options)), services_(std::move(services)) {}

absl::Status RpcServer::Start() {
  if (server_ != nullptr) return absl::OkStatus();
  for (const ServedService* served : services_) {
    if (served->unruled().empty()) continue;
    return MakeError(
        absl::StatusCode::kFailedPrecondition, "NO_RULE",
        fmt::format("no rule says who may call {}; add one to the policy", fmt::join(served->unruled(), ", ")));
  }
  // Linking these keeps their descriptors in the binary, so that reflection can describe Health and error details.
  grpc::health::v1::HealthCheckRequest::descriptor();
  google::rpc::ErrorInfo::descriptor();
  grpc::EnableDefaultHealthCheckService(true);
  if (options_.reflection) grpc::reflection::InitProtoReflectionServerBuilderPlugin();

  grpc::ServerBuilder builder;
  const bool proves = options_.identity != nullptr && options_.identity->proves();
  builder.AddListeningPort(options_.address,
                           proves ? options_.identity->ForServer() : grpc::InsecureServerCredentials(), &port_);
  // Whoever comes again shows the certificate that he has then. Calls under way go on.
  if (proves) builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, kConnectionAgeMs);
  for (ServedService* served : services_) builder.RegisterService(&served->service());
  builder.SetMaxReceiveMessageSize(options_.max_receive_bytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options_.max_concurrent_streams);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 16 * 1024);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Two processes on one port would share its calls without anybody noticing.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // gRPC would say in its own words, and at length, what is said below.
  gpr_set_log_function([](gpr_log_func_args*) {});
  server_ = builder.BuildAndStart();
  gpr_set_log_function(nullptr);  // its own again
  if (server_ == nullptr || port_ == 0) {
    server_.reset();
    return MakeError(
        absl::StatusCode::kUnavailable, "PORT_TAKEN",
        fmt::format("cannot listen on {}: the port is taken (`ss -ltnp` shows by whom), or the address is not "
                    "this machine's",
                    options_.address));
  }
  absl::MutexLock lock(&mu_);
  SetServing(options_.ready == nullptr || options_.ready());
  if (options_.ready != nullptr) follower_ = std::thread([this] { FollowReadiness(); });
  return absl::OkStatus();
}

void RpcServer::FollowReadiness() {
  absl::MutexLock lock(&mu_);
  while (!mu_.AwaitWithTimeout(absl::Condition(&draining_), kAskReady)) {
    if (const bool ready = options_.ready(); ready != serving_) SetServing(ready);
  }
}

void RpcServer::SetServing(bool serving) {
  serving_ = serving;
  grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
  health->SetServingStatus(serving);
  for (const ServedService* served : services_) health->SetServingStatus(served->name(), serving);
}

void RpcServer::Drain() {
  absl::MutexLock lock(&mu_);
  draining_ = true;
  if (server_ != nullptr) SetServing(false);
}

void RpcServer::Stop() {
  if (server_ == nullptr) return;
  Drain();
  if (follower_.joinable()) follower_.join();
  server_->Shutdown(gpr_time_from_millis(absl::ToInt64Milliseconds(options_.drain), GPR_TIMESPAN));
  server_->Wait();
  server_.reset();
}

}  // namespace ordersaga::rpc
