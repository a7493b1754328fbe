// The orchestrator as the gateway calls it: asynchronous, and patient. A call that finds it away is repeated, with the
// same idempotency key, until it answers or the request's time is up; so a restart behind us is only a delay.
#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "ordersaga/order/v1/order.grpc.pb.h"
#include "platform/base/rng.h"
#include "platform/rpc/call_group.h"
#include "platform/runtime/timer_thread.h"

namespace ordersaga::gateway {

// Thread-safe. Callbacks run on gRPC's or the timer's threads.
class OrderClient {
 public:
  OrderClient(std::shared_ptr<grpc::Channel> channel, absl::Duration patience, TimerThread& timers, const Clock& clock,
              Rng& rng);

  void Place(order::v1::PlaceOrderRequest request,
             std::function<void(absl::StatusOr<order::v1::PlaceOrderResponse>)> done);
  void Get(const std::string& order_id, std::function<void(absl::StatusOr<order::v1::Order>)> done);

  // There is a connection. Also makes one if there is none.
  absl::Status Reachable() const;

 private:
  template <typename Request, typename Response>
  using Method = void (rpc::AsyncOf<order::v1::OrderService::Stub>::*)(grpc::ClientContext*, const Request*, Response*,
                                                                       std::function<void(grpc::Status)>);
  template <typename Request, typename Response>
  struct Call;
  template <typename Request, typename Response>
  void Start(Method<Request, Response> method, Request request, std::function<void(absl::StatusOr<Response>)> done);
  template <typename Request, typename Response>
  void Try(std::shared_ptr<Call<Request, Response>> call);

  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<order::v1::OrderService::Stub> stub_;
  const absl::Duration patience_;
  TimerThread& timers_;
  const Clock& clock_;
  Rng& rng_;
  rpc::CallGroup calls_;  // last: destroyed, and so waited for, first
};

}  // namespace ordersaga::gateway
