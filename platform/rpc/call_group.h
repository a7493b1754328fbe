// Asynchronous calls on generated stubs, unary or collected from a stream. No gRPC retries, no waiting for a
// connection: repeating is the saga's business.
//
// A group waits for its calls when it stops, so that neither what `done` uses nor the channel goes first. (gRPC 1.51
// frees a queue twice when the last reference to a channel is dropped on one of its own threads.)
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>

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
  ~CallGroup() { Stop(); }
  CallGroup(const CallGroup&) = delete;
  CallGroup& operator=(const CallGroup&) = delete;

  // Cancels what is under way, and at once what is started from now on; waits until every `done` has returned.
  void Stop();
  // What is started is cancelled at once.
  bool stopped() const {
    absl::MutexLock lock(&mu_);
    return stopped_;
  }

  // `done(status, response)` is called exactly once, on a gRPC thread, at the latest when `timeout`
  // has passed. `method` is the callback form, e.g. &PaymentService::Stub::async::Charge. The stub is
  // held until then.
  template <typename Request, typename Response, typename Stub>
  void Start(std::shared_ptr<Stub> stub,
             void (AsyncOf<Stub>::*method)(grpc::ClientContext*, const Request*, Response*,
                                           std::function<void(grpc::Status)>),
             Request request, absl::Duration timeout, std::function<void(const grpc::Status&, const Response&)> done,
             const Metadata& metadata = {}) {
    struct Call {
      std::shared_ptr<Stub> stub;
      std::shared_ptr<grpc::ClientContext> context;
      Request request;
      Response response;
      std::function<void(const grpc::Status&, const Response&)> done;
    };
    auto call = std::make_shared<Call>(
        Call{std::move(stub), Begin(timeout, metadata), std::move(request), Response(), std::move(done)});
    (call->stub->async()->*method)(call->context.get(), &call->request, &call->response,
                                   [this, call](const grpc::Status& status) {
                                     Forget(&call->context);
                                     call->done(status, call->response);
                                     call->done = nullptr;
                                     call->stub = nullptr;
                                     End();
                                   });
  }

  // The same for a server's stream: `each(response)` as they come, then `done(status)`, one after the other.
  template <typename Request, typename Response, typename Stub>
  void Read(std::shared_ptr<Stub> stub,
            void (AsyncOf<Stub>::*method)(grpc::ClientContext*, const Request*, grpc::ClientReadReactor<Response>*),
            Request request, absl::Duration timeout, std::function<void(Response&)> each,
            std::function<void(const grpc::Status&)> done, const Metadata& metadata = {}) {
    auto* call = new Reading<Request, Response, Stub>(*this, std::move(stub), Begin(timeout, metadata),
                                                      std::move(request), std::move(each), std::move(done));
    call->Run(method);
  }

  // A stream that is short enough to be taken whole: `done(status, responses)`, in their order.
  template <typename Request, typename Response, typename Stub>
  void Collect(std::shared_ptr<Stub> stub,
               void (AsyncOf<Stub>::*method)(grpc::ClientContext*, const Request*, grpc::ClientReadReactor<Response>*),
               Request request, absl::Duration timeout,
               std::function<void(const grpc::Status&, const std::vector<Response>&)> done,
               const Metadata& metadata = {}) {
    auto all = std::make_shared<std::vector<Response>>();
    Read<Request, Response>(
        std::move(stub), method, std::move(request), timeout,
        [all](Response& response) { all->push_back(std::move(response)); },
        [all, done = std::move(done)](const grpc::Status& status) { done(status, *all); }, metadata);
  }

 private:
  using Context = std::shared_ptr<grpc::ClientContext>;

  // Deletes itself when gRPC is done with it.
  template <typename Request, typename Response, typename Stub>
  class Reading final : public grpc::ClientReadReactor<Response> {
   public:
    using Each = std::function<void(Response&)>;
    using Done = std::function<void(const grpc::Status&)>;
    Reading(CallGroup& group, std::shared_ptr<Stub> stub, Context context, Request request, Each each, Done done)
        : group_(group),
          stub_(std::move(stub)),
          context_(std::move(context)),
          request_(std::move(request)),
          each_(std::move(each)),
          done_(std::move(done)) {}

    template <typename Method>
    void Run(Method method) {
      (stub_->async()->*method)(context_.get(), &request_, this);
      this->StartRead(&response_);
      this->StartCall();
    }
    void OnReadDone(bool ok) override {
      if (!ok) return;
      each_(response_);
      response_ = Response();
      this->StartRead(&response_);
    }
    void OnDone(const grpc::Status& status) override {
      CallGroup& group = group_;
      group.Forget(&context_);
      done_(status);
      delete this;
      group.End();
    }

   private:
    CallGroup& group_;
    const std::shared_ptr<Stub> stub_;
    Context context_;
    const Request request_;
    const Each each_;
    const Done done_;
    Response response_;
  };

  Context Begin(absl::Duration timeout, const Metadata& metadata);
  void Forget(Context* context);  // lets go of it, and with it of the channel
  void End();
  bool Idle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return unfinished_ == 0; }

  mutable absl::Mutex mu_;
  absl::flat_hash_set<Context> running_ ABSL_GUARDED_BY(mu_);
  int unfinished_ ABSL_GUARDED_BY(mu_) = 0;  // calls whose `done` has not returned
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace ordersaga::rpc
