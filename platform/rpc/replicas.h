// The replicas of one service: who they are, who of them is well, and whose turn it is. One channel for each address,
// because only then can a repeated call be sent to another one on purpose.
#pragma once

#include <atomic>
#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <typeindex>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "platform/rpc/channel.h"
#include "platform/rpc/health_watch.h"
#include "platform/runtime/address.h"

namespace ordersaga::rpc {

// One address of a service and the connection to it. Thread-safe.
class Replica {
 public:
  Replica(std::string target, std::shared_ptr<grpc::Channel> channel, std::function<void()> changed)
      : target_(std::move(target)), channel_(std::move(channel)), watch_(channel_, std::move(changed)) {}

  const std::string& target() const { return target_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  Health health() const { return watch_.health(); }

  // Made once.
  template <typename Service>
  typename Service::Stub& Stub() {
    absl::MutexLock lock(&mu_);
    std::shared_ptr<void>& stub = stubs_[typeid(Service)];
    if (stub == nullptr) stub = std::shared_ptr<typename Service::Stub>(Service::NewStub(channel_));
    return *static_cast<typename Service::Stub*>(stub.get());
  }

 private:
  const std::string target_;
  const std::shared_ptr<grpc::Channel> channel_;
  absl::Mutex mu_;
  std::map<std::type_index, std::shared_ptr<void>> stubs_ ABSL_GUARDED_BY(mu_);
  HealthWatch watch_;
};

// A stub that keeps its replica.
template <typename Service>
std::shared_ptr<typename Service::Stub> StubOf(const std::shared_ptr<Replica>& replica) {
  return {replica, &replica->template Stub<Service>()};
}

// A replica that a request was sent to.
struct Asked {
  const Replica* replica;
  bool silent;  // it let the time pass
};

// How a replica stands with a request. The less, the better.
struct Standing {
  Health health = Health::kWell;
  bool silent = false;  // was asked, and let the time pass
  bool asked = false;

  auto operator<=>(const Standing&) const = default;
};

// Which of them is the best; of equals, each in its turn. Requires at least one. Pure.
std::size_t Best(absl::Span<const Standing> standings, std::uint64_t turn);

struct Choice {
  std::shared_ptr<Replica> replica;  // never null
  Standing standing;
  bool another = false;  // another one is well, too, and has not been silent
};

// Thread-safe; outlives the calls that are made through it.
//
// Names are resolved on a thread of its own, again every few seconds: a replica is there as long as its address is
// among the answers, and until there is a first answer gRPC is left to resolve the name. A name that cannot be resolved
// keeps the addresses it had.
class Replicas {
 public:
  // `addresses` must be such as ParseAddresses takes. `options`: of each channel.
  explicit Replicas(const std::string& addresses, ChannelOptions options = {});
  ~Replicas();
  Replicas(const Replicas&) = delete;
  Replicas& operator=(const Replicas&) = delete;

  // Never blocks.
  Choice Pick(const std::vector<Asked>& asked = {}) const;
  // For those who ask once.
  template <typename Service>
  std::shared_ptr<typename Service::Stub> Stub() const {
    return StubOf<Service>(Pick().replica);
  }
  bool Reachable() const;  // one of them at least
  // Waits until one is well, so long at most.
  void AwaitWell(absl::Duration limit) const;

 private:
  void Resolve();
  // From now on the replicas are those of `targets`; who is among them already stays.
  void Set(const std::vector<std::string>& targets);
  bool IsOneWell() const ABSL_SHARED_LOCKS_REQUIRED(mu_);

  const std::vector<Address> addresses_;
  const ChannelOptions options_;
  mutable std::atomic<std::uint64_t> turn_{0};
  mutable absl::Mutex mu_;
  std::vector<std::shared_ptr<Replica>> replicas_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  // Those that are none any more. They go when no call holds them: gRPC 1.51 frees a queue twice when the last
  // reference to a channel is dropped on one of its own threads. Used in Set only.
  std::vector<std::shared_ptr<Replica>> left_;
  std::thread resolver_;
};

// For programs that ask and go: a channel to one replica. Of several addresses it is one that is well; that may take a
// second. What is no address is left to gRPC.
std::shared_ptr<grpc::Channel> ChannelToOne(const std::string& addresses, const ChannelOptions& options = {});

}  // namespace ordersaga::rpc
