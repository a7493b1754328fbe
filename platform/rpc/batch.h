// Handlers of calls that come alone or in batches: what is done with one of them is written once.
//
// A batch is a request with repeated `calls`, each with a `request`. Its answers are a stream of messages with repeated
// `answers`, each with an `index` and a `response` or an `error` (see ChargeBatch). An answer is sent as soon as it is
// known, together with those that have come while the message before was on its way.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "google/rpc/status.pb.h"
#include "platform/base/error.h"
#include "platform/rpc/handler.h"

namespace ordersaga::rpc {

inline constexpr int kMaxBatch = 256;

// To be made with new; deletes itself when everything has been answered, also if nobody listens any more.
template <typename Responses>
class AnswerStream final : public grpc::ServerWriteReactor<Responses> {
 public:
  explicit AnswerStream(int calls) : awaited_(calls) {}

  // Once for each call, on any thread. `response` counts if `status` is OK.
  template <typename Response>
  void Answer(int index, const absl::Status& status, Response response) {
    GoOn([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      auto* answer = next_.add_answers();
      answer->set_index(index);
      if (status.ok()) {
        *answer->mutable_response() = std::move(response);
      } else {
        *answer->mutable_error() = ToMessage(status);
      }
      --awaited_;
    });
  }

  void OnWriteDone(bool ok) override {
    GoOn([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      writing_ = false;
      taken_ = ok;
    });
  }
  void OnDone() override { delete this; }

 private:
  enum class Next { kNothing, kWrite, kWriteLast, kFinish };

  // After kWriteLast or kFinish this may be gone at any moment: the last thing done with it.
  template <typename Change>
  void GoOn(Change change) {
    Next next = Next::kNothing;
    {
      absl::MutexLock lock(&mu_);
      change();
      next = Decide();
    }
    if (next == Next::kWrite) this->StartWrite(&sent_);
    if (next == Next::kWriteLast) this->StartWriteAndFinish(&sent_, {}, grpc::Status::OK);
    if (next == Next::kFinish) this->Finish(grpc::Status::CANCELLED);
  }

  Next Decide() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (writing_) return Next::kNothing;
    if (!taken_) return awaited_ == 0 ? Next::kFinish : Next::kNothing;
    if (next_.answers().empty()) return Next::kNothing;
    writing_ = true;
    sent_.Swap(&next_);
    next_.Clear();
    return awaited_ == 0 ? Next::kWriteLast : Next::kWrite;
  }

  Responses sent_;  // gRPC's while writing_
  absl::Mutex mu_;
  Responses next_ ABSL_GUARDED_BY(mu_);
  int awaited_ ABSL_GUARDED_BY(mu_);
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool taken_ ABSL_GUARDED_BY(mu_) = true;
};

// `handle(request, deadline, done)` for each call of a batch; done(status, response) once, on any thread.
template <typename Response, typename Responses, typename Requests, typename Handle>
grpc::ServerWriteReactor<Responses>* AnswerEach(grpc::CallbackServerContext* context, const Requests* requests,
                                                Handle handle) {
  const auto& calls = requests->calls();
  auto* stream = new AnswerStream<Responses>(calls.size());
  if (calls.empty() || calls.size() > kMaxBatch) {
    stream->Finish(ToGrpc(BadRequest({{"calls", "must have 1 to " + std::to_string(kMaxBatch) + " entries"}})));
    return stream;
  }
  for (int i = 0; i < calls.size(); ++i) {
    handle(calls[i].request(), DeadlineOf(*context), [stream, i](const absl::Status& status, Response response) {
      stream->Answer(i, status, std::move(response));
    });
  }
  return stream;
}

// The same for a call that came alone.
template <typename Request, typename Response, typename Handle>
grpc::ServerUnaryReactor* AnswerOne(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                    Handle handle) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  handle(*request, DeadlineOf(*context), [reactor, response](const absl::Status& status, Response answer) {
    *response = std::move(answer);
    Finish(reactor, status);
  });
  return reactor;
}

}  // namespace ordersaga::rpc
