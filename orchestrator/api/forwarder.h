// Sends a request about a shard that this replica does not own on to the replica that does, once.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/engine/owners.h"
#include "platform/rpc/call_group.h"
#include "platform/rpc/channel.h"

namespace ordersaga::orchestrator {

// Metadata of a request that another replica has sent on.
inline constexpr char kForwarded[] = "ordersaga-forwarded";

// Where the call comes from: "ipv4:10.0.0.7:51234" is "10.0.0.7". What another replica has sent on is "through" that
// one.
std::string CallersAddress(const grpc::CallbackServerContext& context);

// Thread-safe.
class Forwarder {
 public:
  // `own_address`: as in EngineOptions. `channel`: for channels to other orchestrators. `owners` must outlive the
  // forwarder.
  Forwarder(const Owners& owners, std::string own_address, rpc::ChannelOptions channel)
      : owners_(owners), own_address_(std::move(own_address)), channel_(std::move(channel)) {}

  // If `status` says that the shard is not owned here, and it is known who owns it, and the request was not sent on by
  // another replica already: sends it there, finishes the call with what comes back, and returns true. `context`,
  // `request` and `response` are those of the call.
  template <typename Service, typename Request, typename Response>
  bool Forward(const absl::Status& status, int shard, const grpc::CallbackServerContext& context,
               void (rpc::AsyncOf<typename Service::Stub>::*method)(grpc::ClientContext*, const Request*, Response*,
                                                                    std::function<void(grpc::Status)>),
               const Request& request, Response* response, grpc::ServerUnaryReactor* reactor) {
    const std::shared_ptr<grpc::Channel> channel = ChannelFor(status, shard, context);
    if (channel == nullptr) return false;
    calls_.Start<Request, Response>(
        std::shared_ptr<typename Service::Stub>(Service::NewStub(channel)), method, request, TimeFor(context),
        [response, reactor](const grpc::Status& answered, const Response& answer) {
          *response = answer;
          reactor->Finish(answered.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED ? Silent() : answered);
        },
        MetadataOf(context));
    return true;
  }

 private:
  std::shared_ptr<grpc::Channel> ChannelFor(const absl::Status& status, int shard,
                                            const grpc::CallbackServerContext& context);
  // Half of what the caller has: an owner that is silent may lose the shard meanwhile, and then somebody else answers.
  static absl::Duration TimeFor(const grpc::CallbackServerContext& context);
  static grpc::Status Silent();
  static rpc::Metadata MetadataOf(const grpc::CallbackServerContext& context);

  const Owners& owners_;
  const std::string own_address_;
  const rpc::ChannelOptions channel_;
  absl::Mutex mu_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_ ABSL_GUARDED_BY(mu_);  // by address
  rpc::CallGroup calls_;  // last: destroyed, and so waited for, first
};

}  // namespace ordersaga::orchestrator
