// Who calls, and whether he may: asked before any handler runs.
#pragma once

#include <grpcpp/server_context.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "platform/access/policy.h"

namespace ordersaga::rpc {

// Metadata in which a caller that cannot prove it says his name: who is at the keyboard of this machine. Binary, since
// gRPC ends a process that sends anything but printable ASCII in others.
inline constexpr char kCallerName[] = "ordersaga-caller-bin";

// Whose key this is: "osk_..." as sent, without "Bearer ". UNAUTHENTICATED if it is nobody's. Thread-safe, must not
// block.
using KeyJudge = std::function<absl::StatusOr<access::Principal>(std::string_view key)>;

// Thread-safe.
class Guard {
 public:
  // Without identities: everybody is the principal `local`. For servers that only this machine reaches.
  explicit Guard(const access::Policy& policy) : policy_(policy) {}
  // Callers have certificates, or keys where `keys` is given.
  static Guard WithIdentities(const access::Policy& policy, KeyJudge keys);

  // The principal of a call that `rule` allows; else why not, as the caller is told.
  absl::StatusOr<access::Principal> Admit(const grpc::CallbackServerContext& context, const access::Rule& rule) const;

  // Who it is, whatever he may: for calls that last, whose credential may end before they do.
  absl::StatusOr<access::Principal> WhoCalls(const grpc::CallbackServerContext& context) const;

  const access::Policy& policy() const { return policy_; }
  // How many calls have been refused.
  std::int64_t refused() const { return *refused_; }

 private:
  const access::Policy& policy_;
  std::shared_ptr<std::atomic<std::int64_t>> refused_ = std::make_shared<std::atomic<std::int64_t>>(0);
  bool identities_ = false;
  KeyJudge keys_ = nullptr;
};

}  // namespace ordersaga::rpc
