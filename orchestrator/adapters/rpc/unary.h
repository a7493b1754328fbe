// Starts one asynchronous unary call on a generated stub. No gRPC retries, no waiting for a
// connection: repeating is the saga's business.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "absl/time/time.h"

namespace ordersaga::orchestrator {

// The callback interface of a stub.
template <typename Stub>
using AsyncOf = std::remove_pointer_t<decltype(std::declval<Stub&>().async())>;

// `done(status, response)` is called exactly once, on a gRPC thread, at the latest when `timeout`
// has passed. `method` is the callback form, e.g. &PaymentService::Stub::async::Charge. The stub is
// kept alive until then.
template <typename Request, typename Response, typename Stub>
void StartUnary(std::shared_ptr<Stub> stub,
                void (AsyncOf<Stub>::*method)(grpc::ClientContext*, const Request*, Response*,
                                              std::function<void(grpc::Status)>),
                Request request, absl::Duration timeout,
                std::function<void(const grpc::Status&, const Response&)> done) {
  struct Call {
    std::shared_ptr<Stub> stub;
    grpc::ClientContext context;
    Request request;
    Response response;
    std::function<void(const grpc::Status&, const Response&)> done;
  };
  auto call = std::make_shared<Call>();
  call->stub = std::move(stub);
  call->request = std::move(request);
  call->done = std::move(done);
  // As a span of time, so that no clock of ours is asked.
  call->context.set_deadline(gpr_time_from_nanos(absl::ToInt64Nanoseconds(timeout), GPR_TIMESPAN));
  (call->stub->async()->*method)(
      &call->context, &call->request, &call->response,
      [call](const grpc::Status& status) { call->done(status, call->response); });
}

}  // namespace ordersaga::orchestrator
