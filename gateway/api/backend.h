// A service as the gateway calls it: asynchronous, and patient. A call that finds it away is repeated, unchanged, until
// it answers or the request's time is up; so a restart behind us is only a delay. Orders carry an idempotency key and
// everything else only reads, so that repeating is safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/status/statusor.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "platform/base/backoff.h"
#include "platform/base/error.h"
#include "platform/base/rng.h"
#include "platform/rpc/call_group.h"
#include "platform/rpc/status.h"
#include "platform/runtime/timer_thread.h"

namespace ordersaga::gateway {

// What every backend uses. All of it outlives them.
struct BackendTools {
  TimerThread& timers;
  const Clock& clock;
  Rng& rng;
  absl::Duration patience;  // how long a request may wait for its answer
};

inline constexpr Backoff kBackoff{absl::Milliseconds(50), absl::Seconds(1), 2.0};

// Thread-safe. Callbacks run on gRPC's or the timer's threads.
//
//   Backend<order::v1::OrderService> orders("the order service", channel, tools);
//   orders.Call(&rpc::AsyncOf<order::v1::OrderService::Stub>::GetOrder, request, metadata,
//               [](absl::StatusOr<order::v1::GetOrderResponse> response) { ... });
template <typename Service>
class Backend {
 public:
  using Stub = typename Service::Stub;
  template <typename Request, typename Response>
  using Method = void (rpc::AsyncOf<Stub>::*)(grpc::ClientContext*, const Request*, Response*,
                                              std::function<void(grpc::Status)>);
  template <typename Request, typename Response>
  using StreamMethod = void (rpc::AsyncOf<Stub>::*)(grpc::ClientContext*, const Request*,
                                                    grpc::ClientReadReactor<Response>*);
  template <typename Response>
  using Done = std::function<void(absl::StatusOr<Response>)>;

  Backend(std::string name, std::shared_ptr<grpc::Channel> channel, BackendTools tools)
      : name_(std::move(name)),
        channel_(std::move(channel)),
        stub_(Service::NewStub(channel_)),
        health_(grpc::health::v1::Health::NewStub(channel_)),
        tools_(tools) {}

  template <typename Request, typename Response>
  void Call(Method<Request, Response> method, std::type_identity_t<Request> request, rpc::Metadata metadata,
            std::type_identity_t<Done<Response>> done) {
    Try<Response>(
        [this, method, request = std::move(request), metadata = std::move(metadata)](auto timeout, auto attempt_done) {
          calls_.template Start<Request, Response>(*stub_, method, request, timeout, std::move(attempt_done), metadata);
        },
        std::move(done));
  }

  // A stream, taken whole.
  template <typename Request, typename Response>
  void Collect(StreamMethod<Request, Response> method, std::type_identity_t<Request> request, rpc::Metadata metadata,
               std::type_identity_t<Done<std::vector<Response>>> done) {
    Try<std::vector<Response>>(
        [this, method, request = std::move(request), metadata = std::move(metadata)](auto timeout, auto attempt_done) {
          calls_.template Collect<Request, Response>(*stub_, method, request, timeout, std::move(attempt_done),
                                                     metadata);
        },
        std::move(done));
  }

  // There is a connection. If there is none, one is made; a call drives it, since nobody looks after a channel without
  // calls more often than every few seconds.
  absl::Status Reachable() {
    if (channel_->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY) return absl::OkStatus();
    using Health = grpc::health::v1::Health;
    using grpc::health::v1::HealthCheckRequest;
    using grpc::health::v1::HealthCheckResponse;
    if (!probing_.exchange(true)) {
      calls_.template Start<HealthCheckRequest, HealthCheckResponse>(
          *health_, &rpc::AsyncOf<Health::Stub>::Check, {}, absl::Seconds(1),
          [this](const grpc::Status&, const HealthCheckResponse&) { probing_ = false; });
    }
    return absl::UnavailableError(absl::string_view((name_ + " cannot be reached").c_str()));
  }

  Stub& stub() { return *stub_; }
  const BackendTools& tools() const { return tools_; }

 private:
  // One request of a client, over all its attempts.
  template <typename Result>
  struct Attempts {
    std::function<void(absl::Duration, std::function<void(const grpc::Status&, const Result&)>)> start;
    Done<Result> done;
    absl::Duration give_up;  // monotonic
    int count = 0;
  };

  template <typename Result, typename Start>
  void Try(Start start, Done<Result> done) {
    TryAgain(std::make_shared<Attempts<Result>>(
        Attempts<Result>{std::move(start), std::move(done), tools_.clock.Monotonic() + tools_.patience}));
  }

  template <typename Result>
  void TryAgain(std::shared_ptr<Attempts<Result>> call) {
    ++call->count;
    call->start(call->give_up - tools_.clock.Monotonic(), [this, call](const grpc::Status& got, const Result& result) {
      const absl::Status status = rpc::FromGrpc(got);
      if (status.ok()) return call->done(result);
      const absl::Duration wait = std::max(kBackoff.Delay(call->count, tools_.rng.Fraction()),
                                           RetryAfterOf(status).value_or(absl::ZeroDuration()));
      const bool again =
          status.code() == absl::StatusCode::kUnavailable && tools_.clock.Monotonic() + wait < call->give_up;
      if (!again) return call->done(status);
      tools_.timers.After(wait, [this, call] { TryAgain(call); });
    });
  }

  const std::string name_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<Stub> stub_;
  const std::unique_ptr<grpc::health::v1::Health::Stub> health_;
  std::atomic<bool> probing_{false};
  const BackendTools tools_;
  rpc::CallGroup calls_;  // last: destroyed, and so waited for, first
};

}  // namespace ordersaga::gateway
