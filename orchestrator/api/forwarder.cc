#include "orchestrator/api/forwarder.h"

#include <grpc/support/time.h>

#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/rpc/channel.h"
#include "platform/rpc/guard.h"
#include "platform/rpc/status.h"

namespace ordersaga::orchestrator {
namespace {

constexpr absl::Duration kLongest = absl::Seconds(10);  // for callers without a deadline

}  // namespace

std::string CallersAddress(const grpc::CallbackServerContext& context) {
  const std::string peer = context.peer();
  const std::size_t first = peer.find(':');
  const std::size_t last = peer.rfind(':');
  if (first == std::string::npos || last <= first) return CleanText(peer);
  const std::string address = CleanText(peer.substr(first + 1, last - first - 1));
  return context.client_metadata().contains(kForwarded) ? "through " + address : address;
}

std::shared_ptr<grpc::Channel> Forwarder::ChannelFor(const absl::Status& status, int shard,
                                                     const grpc::CallbackServerContext& context) {
  if (ReasonOf(status) != "SHARD_NOT_OWNED" || context.client_metadata().contains(kForwarded)) return nullptr;
  const std::string address = owners_.AddressOf(shard);
  if (address.empty() || address == own_address_) return nullptr;
  absl::MutexLock lock(&mu_);
  std::shared_ptr<grpc::Channel>& channel = channels_[address];
  if (channel == nullptr) channel = rpc::MakeChannel(address, channel_);
  return channel;
}

absl::Duration Forwarder::TimeFor(const grpc::CallbackServerContext& context) {
  const gpr_timespec left = gpr_time_sub(context.raw_deadline(), gpr_now(context.raw_deadline().clock_type));
  return std::min(kLongest, absl::Seconds(left.tv_sec) + absl::Nanoseconds(left.tv_nsec)) / 2;
}

grpc::Status Forwarder::Silent() {
  return rpc::ToGrpc(
      TryAgain(absl::StatusCode::kUnavailable, "TRY_AGAIN",
               "the replica that owns this order's shard does not answer; send it again with the same key",
               absl::Milliseconds(200)));
}

rpc::Metadata Forwarder::MetadataOf(const grpc::CallbackServerContext& context) {
  rpc::Metadata metadata = {{kForwarded, "1"}};
  for (const char* name : {"authorization", rpc::kCallerName, "x-request-id", "traceparent", "tracestate"}) {
    const auto found = context.client_metadata().find(name);
    if (found != context.client_metadata().end()) {
      metadata.emplace_back(name, std::string(found->second.data(), found->second.size()));
    }
  }
  return metadata;
}

}  // namespace ordersaga::orchestrator
