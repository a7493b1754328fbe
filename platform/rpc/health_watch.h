// What a process says of its own health, followed through one channel (grpc.health.v1.Health.Watch, of the process as a
// whole). The stream is also what keepalive watches: if the process freezes or its machine is gone, the stream breaks.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/channel.h>

#include <atomic>
#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace ordersaga::rpc {

// From good to bad.
enum class Health {
  kWell,    // there, and says that it serves, or does not know of health
  kUnable,  // there, and says that it does not: its database is away, or it is about to stop
  kAway,    // no connection
};

// Thread-safe.
class HealthWatch {
 public:
  // Begins at once; kAway until something has been heard. `changed` is called after that, on a thread of gRPC's; it
  // must not block.
  HealthWatch(const std::shared_ptr<grpc::Channel>& channel, std::function<void()> changed);
  // Waits until gRPC is done with it. Not on a thread of gRPC's.
  ~HealthWatch();
  HealthWatch(const HealthWatch&) = delete;
  HealthWatch& operator=(const HealthWatch&) = delete;

  // An atomic read.
  Health health() const { return health_; }

 private:
  class Stream;

  void Begin();
  void Set(Health health);
  void OnEnd(const grpc::Status& status);
  bool Done() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return !running_; }

  const std::unique_ptr<grpc::health::v1::Health::Stub> stub_;
  const std::function<void()> changed_;
  std::atomic<Health> health_{Health::kAway};

  absl::Mutex mu_;
  std::shared_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mu_);  // of the stream
  std::unique_ptr<grpc::Alarm> alarm_ ABSL_GUARDED_BY(mu_);            // until the next one
  bool running_ ABSL_GUARDED_BY(mu_) = true;                           // a stream or an alarm
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace ordersaga::rpc
