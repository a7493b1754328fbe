// Asynchronous unary calls on generated stubs. No gRPC retries, no waiting for a connection:
// repeating is the saga's business.
//
// A group waits for its calls when it is destroyed, so that neither what `done` uses nor the
// channel goes first. (gRPC 1.51 frees a queue twice when the last reference to a channel is
// dropped on one of its own threads.)
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace ordersaga::rpc {

// The callback interface of a stub.
template <typename Stub>
using AsyncOf = std::remove_pointer_t<decltype(std::declval<Stub&>().async())>;

// What travels with a call: names in lower case, values of visible ASCII.
using Metadata = std::vector<std::pair<std::string, std::string>>;

// Thread-safe.
class CallGroup {
 public:
  CallGroup() = default;
  // Cancels what is under way and waits until every `done` has returned.
  ~CallGroup();
  CallGroup(const CallGroup&) = delete;
  CallGroup& operator=(const CallGroup&) = delete;

  // `done(status, response)` is called exactly once, on a gRPC thread, at the latest when `timeout`
  // has passed. `method` is the callback form, e.g. &PaymentService::Stub::async::Charge. The stub
  // must outlive the group.
  template <typename Request, typename Response, typename Stub>
  void Start(Stub& stub,
             void (AsyncOf<Stub>::*method)(grpc::ClientContext*, const Request*, Response*,
                                           std::function<void(grpc::Status)>),
             Request request, absl::Duration timeout, std::function<void(const grpc::Status&, const Response&)> done,
             const Metadata& metadata = {}) {
    struct Call {
      std::shared_ptr<grpc::ClientContext> context;
      Request request;
      Response response;
      std::function<void(const grpc::Status&, const Response&)> done;
    };
    auto call = std::make_shared<Call>(Call{Begin(timeout, metadata), std::move(request), Response(), std::move(done)});
    (stub.async()->*method)(call->context.get(), &call->request, &call->response,
                            [this, call](const grpc::Status& status) {
                              Forget(&call->context);
                              call->done(status, call->response);
                              call->done = nullptr;
                              End();
                            });
  }

 private:
  using Context = std::shared_ptr<grpc::ClientContext>;

  Context Begin(absl::Duration timeout, const Metadata& metadata);
  void Forget(Context* context);  // lets go of it, and with it of the channel
  void End();
  bool Idle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return unfinished_ == 0; }

  absl::Mutex mu_;
  absl::flat_hash_set<Context> running_ ABSL_GUARDED_BY(mu_);
  int unfinished_ ABSL_GUARDED_BY(mu_) = 0;  // calls whose `done` has not returned
};

}  // namespace ordersaga::rpc
