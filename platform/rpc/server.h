// A gRPC server with health (for "" and for every service by name) and reflection unless it is switched off, health's
// own description included. Health follows readiness, so that callers with a choice ask another replica
// (rpc::Replicas); calls are answered anyway.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "platform/rpc/identity.h"
#include "platform/rpc/served.h"
#include "platform/runtime/service.h"

namespace ordersaga::rpc {

struct RpcServerOptions {
  std::string address;  // "127.0.0.1:50051"; port 0 lets the system choose
  int max_receive_bytes = 256 * 1024;
  int max_concurrent_streams = 10'000;      // per connection; at or above the bound on outstanding calls
  absl::Duration drain = absl::Seconds(5);  // how long calls under way may take at the end
  bool reflection = true;
  const Identity* identity = nullptr;  // what callers must be shown; null: nothing, in the clear
  // What health says: asked a few times a second, on a thread of the server's; must not block. None: it serves.
  std::function<bool()> ready = nullptr;
};

// The services (callback API: no handler may block) must outlive the server.
class RpcServer final : public Service {
 public:
  RpcServer(RpcServerOptions options, std::vector<ServedService*> services);
  ~RpcServer() override { Stop(); }

  // FAILED_PRECONDITION: a method has no rule in the policy, by which nobody could say who may call it.
  absl::Status Start() override;
  // Health says NOT_SERVING; calls go on being answered.
  void Drain() override;
  // Takes no new calls, waits for those under way, at most options.drain.
  void Stop() override;

  int port() const { return port_; }

 private:
  void SetServing(bool serving) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void FollowReadiness();

  const RpcServerOptions options_;
  const std::vector<ServedService*> services_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  absl::Mutex mu_;
  bool serving_ ABSL_GUARDED_BY(mu_) = false;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  std::thread follower_;
};

}  // namespace ordersaga::rpc
