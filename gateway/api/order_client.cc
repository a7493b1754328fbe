#include "gateway/api/order_client.h"

#include "platform/base/backoff.h"
#include "platform/base/error.h"
#include "platform/rpc/status.h"

namespace ordersaga::gateway {
namespace {

const Backoff kBackoff{absl::Milliseconds(50), absl::Seconds(1), 2.0};

}  // namespace

// One request of a client, over all its attempts.
template <typename Request, typename Response>
struct OrderClient::Call {
  Method<Request, Response> method;
  Request request;
  std::function<void(absl::StatusOr<Response>)> done;
  absl::Duration give_up;  // monotonic
  int attempt = 0;
};

OrderClient::OrderClient(std::shared_ptr<grpc::Channel> channel, absl::Duration patience, TimerThread& timers,
                         const Clock& clock, Rng& rng)
    : channel_(std::move(channel)),
      stub_(order::v1::OrderService::NewStub(channel_)),
      patience_(patience),
      timers_(timers),
      clock_(clock),
      rng_(rng) {}

template <typename Request, typename Response>
void OrderClient::Start(Method<Request, Response> method, Request request,
                        std::function<void(absl::StatusOr<Response>)> done) {
  Try(std::make_shared<Call<Request, Response>>(
      Call<Request, Response>{method, std::move(request), std::move(done), clock_.Monotonic() + patience_}));
}

template <typename Request, typename Response>
void OrderClient::Try(std::shared_ptr<Call<Request, Response>> call) {
  ++call->attempt;
  calls_.Start<Request, Response>(
      *stub_, call->method, call->request, call->give_up - clock_.Monotonic(),
      [this, call](const grpc::Status& grpc_status, const Response& response) {
        const absl::Status status = rpc::FromGrpc(grpc_status);
        if (status.ok()) return call->done(response);
        const absl::Duration wait = std::max(kBackoff.Delay(call->attempt, rng_.Fraction()),
                                             RetryAfterOf(status).value_or(absl::ZeroDuration()));
        const bool again = status.code() == absl::StatusCode::kUnavailable && clock_.Monotonic() + wait < call->give_up;
        if (!again) return call->done(status);
        timers_.After(wait, [this, call] { Try(call); });
      });
}

void OrderClient::Place(order::v1::PlaceOrderRequest request,
                        std::function<void(absl::StatusOr<order::v1::PlaceOrderResponse>)> done) {
  Start<order::v1::PlaceOrderRequest, order::v1::PlaceOrderResponse>(&order::v1::OrderService::Stub::async::PlaceOrder,
                                                                     std::move(request), std::move(done));
}

void OrderClient::Get(const std::string& order_id, std::function<void(absl::StatusOr<order::v1::Order>)> done) {
  order::v1::GetOrderRequest request;
  request.set_order_id(order_id);
  Start<order::v1::GetOrderRequest, order::v1::GetOrderResponse>(
      &order::v1::OrderService::Stub::async::GetOrder, std::move(request),
      [done = std::move(done)](absl::StatusOr<order::v1::GetOrderResponse> response) {
        if (!response.ok()) return done(response.status());
        done(std::move(*response->mutable_order()));
      });
}

absl::Status OrderClient::Reachable() const {
  if (channel_->GetState(/*try_to_connect=*/true) != GRPC_CHANNEL_READY) {
    return absl::UnavailableError("the orchestrator cannot be reached");
  }
  return absl::OkStatus();
}

}  // namespace ordersaga::gateway
