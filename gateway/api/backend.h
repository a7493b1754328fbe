// A service as the gateway calls it: asynchronous, and patient. A call that is not answered is repeated, unchanged, at
// another replica if there is one, until it is answered or the request's time is up: a restart, a take-over, or a
// replica that freezes behind us is only a delay (docs/adr/0015-replicas-chosen-by-us.md). Orders carry an idempotency
// key, a cancellation may be asked for twice, and everything else only reads, so that repeating is safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/base/backoff.h"
#include "platform/base/error.h"
#include "platform/base/rng.h"
#include "platform/rpc/call_group.h"
#include "platform/rpc/replicas.h"
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

// How the repeats of a request go. Pure.
struct Attempt {
  // One attempt may not eat the whole request: as long as another replica could be asked, it gets a third.
  static absl::Duration Time(const rpc::Choice& choice, absl::Duration left, absl::Duration patience) {
    return choice.another ? std::min(left, patience / 3) : left;
  }
  // A server that stops, gRPC's, ends some calls like this, whose requests it has not handed to us (seen: a few among
  // thousands). Whoever answers gives a reason.
  static bool BrokenOff(const absl::Status& status) {
    return status.code() == absl::StatusCode::kCancelled && ReasonOf(status).empty();
  }
  // Whether it is worth while to ask `next` after `status`. A passing trouble is; one that the replicas themselves no
  // longer call passing is not.
  static bool Again(const absl::Status& status, const rpc::Choice& next) {
    if (status.code() == absl::StatusCode::kDeadlineExceeded || BrokenOff(status)) return true;
    const bool lasting = ReasonOf(status) == "DATABASE_UNAVAILABLE" && next.standing.health != rpc::Health::kWell;
    return status.code() == absl::StatusCode::kUnavailable && !lasting;
  }
  // Before the repeat number `repeat`, from 1. Who has not been asked yet is asked at once.
  static absl::Duration Wait(const absl::Status& status, const rpc::Choice& next, int repeat, double jitter) {
    if (next.standing.health == rpc::Health::kWell && !next.standing.asked) return absl::ZeroDuration();
    return std::max(kBackoff.Delay(repeat, jitter), RetryAfterOf(status).value_or(absl::ZeroDuration()));
  }
};

// Thread-safe. Callbacks run on gRPC's or the timer's threads.
//
//   Backend<order::v1::OrderService> orders("the order service", replicas, tools);
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

  // `replicas` must outlive it.
  Backend(std::string name, const rpc::Replicas& replicas, BackendTools tools)
      : name_(std::move(name)), replicas_(replicas), tools_(tools) {}

  template <typename Request, typename Response>
  void Call(Method<Request, Response> method, std::type_identity_t<Request> request, rpc::Metadata metadata,
            std::type_identity_t<Done<Response>> done) {
    Try<Response>(
        [this, method, request = std::move(request), metadata = std::move(metadata)](auto stub, auto timeout,
                                                                                     auto attempt_done) {
          calls_.template Start<Request, Response>(stub, method, request, timeout, std::move(attempt_done), metadata);
        },
        std::move(done));
  }

  // A stream, taken whole.
  template <typename Request, typename Response>
  void Collect(StreamMethod<Request, Response> method, std::type_identity_t<Request> request, rpc::Metadata metadata,
               std::type_identity_t<Done<std::vector<Response>>> done) {
    Try<std::vector<Response>>(
        [this, method, request = std::move(request), metadata = std::move(metadata)](auto stub, auto timeout,
                                                                                     auto attempt_done) {
          calls_.template Collect<Request, Response>(stub, method, request, timeout, std::move(attempt_done), metadata);
        },
        std::move(done));
  }

  // There is a connection.
  absl::Status Reachable() const {
    if (replicas_.Reachable()) return absl::OkStatus();
    return absl::UnavailableError(absl::string_view((name_ + " cannot be reached").c_str()));
  }

  const rpc::Replicas& replicas() const { return replicas_; }
  const BackendTools& tools() const { return tools_; }

 private:
  // One request of a client, over all its attempts.
  template <typename Result>
  struct Attempts {
    std::function<void(std::shared_ptr<Stub>, absl::Duration, std::function<void(const grpc::Status&, const Result&)>)>
        start;
    Done<Result> done;
    absl::Duration give_up;  // monotonic
    std::vector<rpc::Asked> asked = {};
  };

  template <typename Result, typename Start>
  void Try(Start start, Done<Result> done) {
    TryAgain(std::make_shared<Attempts<Result>>(
        Attempts<Result>{std::move(start), std::move(done), tools_.clock.Monotonic() + tools_.patience}));
  }

  template <typename Result>
  void TryAgain(std::shared_ptr<Attempts<Result>> call) {
    const rpc::Choice choice = replicas_.Pick(call->asked);
    call->asked.push_back({choice.replica.get(), false});
    call->start(rpc::StubOf<Service>(choice.replica),
                Attempt::Time(choice, call->give_up - tools_.clock.Monotonic(), tools_.patience),
                [this, call](const grpc::Status& got, const Result& result) {
                  const absl::Status status = rpc::FromGrpc(got);
                  if (status.ok()) return call->done(result);
                  call->asked.back().silent = status.code() == absl::StatusCode::kDeadlineExceeded;
                  const rpc::Choice next = replicas_.Pick(call->asked);
                  const auto repeat = static_cast<int>(call->asked.size());
                  const absl::Duration wait = Attempt::Wait(status, next, repeat, tools_.rng.Fraction());
                  const bool in_time = tools_.clock.Monotonic() + wait < call->give_up;
                  if (!in_time || calls_.stopped() || !Attempt::Again(status, next)) return call->done(status);
                  tools_.timers.After(wait, [this, call] { TryAgain(call); });
                });
  }

  const std::string name_;
  const rpc::Replicas& replicas_;
  const BackendTools tools_;
  rpc::CallGroup calls_;  // last: destroyed, and so waited for, first
};

}  // namespace ordersaga::gateway
