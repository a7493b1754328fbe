// The calls of a turn as few messages: batches of those of one kind (proto: ChargeBatch), each with a stream of
// answers.
//
// A participant that does not know batches (older than this program, or somebody else's) says UNIMPLEMENTED: its calls
// are then made one by one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/adapters/rpc/reply.h"
#include "orchestrator/ports/participant.h"
#include "platform/rpc/call_group.h"
#include "platform/rpc/status.h"

namespace ordersaga::orchestrator {

// In the order given, cut where compensations begin or end, where the timeout changes, and so that none is more than a
// participant takes in one message.
std::vector<std::vector<ParticipantCall>> Batches(std::vector<ParticipantCall> calls);

// Those who wait for the answers of one batch; each is answered once. Used by one thread at a time.
class Waiting {
 public:
  explicit Waiting(std::vector<ParticipantCall> calls) : calls_(std::move(calls)) {}

  // An index that nobody waits for (any more) is passed over.
  void Answer(int index, CallReply reply);
  // Those without an answer; nobody waits afterwards.
  std::vector<ParticipantCall> TakeRest();

 private:
  std::vector<ParticipantCall> calls_;  // without `done` once answered
};

// How one kind of call is put into a batch and taken out of it. `Responses` has repeated `answers`.
template <typename Request, typename Response, typename Requests, typename Responses, typename Stub>
class BatchOf {
 public:
  using Method = void (rpc::AsyncOf<Stub>::*)(grpc::ClientContext*, const Requests*,
                                              grpc::ClientReadReactor<Responses>*);
  BatchOf(std::shared_ptr<Stub> stub, Method method, Request (*write)(const CallRequest&),
          CallReply (*read)(const Response&))
      : stub_(std::move(stub)), method_(method), write_(write), read_(read) {}

  using Single = std::function<void(ParticipantCall)>;

  // What has no company, and compensations, go to `single`; so does a batch that the participant does not know.
  // `single` is kept until the last of the calls is answered.
  void Send(rpc::CallGroup& group, std::vector<ParticipantCall> calls, const Single& single) const {
    for (std::vector<ParticipantCall>& batch : Batches(std::move(calls))) {
      if (batch.size() > 1 && !batch.front().request.compensation) {
        Start(group, std::move(batch), single);
      } else {
        for (ParticipantCall& call : batch) single(std::move(call));
      }
    }
  }

 private:
  void Start(rpc::CallGroup& group, std::vector<ParticipantCall> calls, Single single) const {
    Requests requests;
    for (const ParticipantCall& call : calls) {
      auto* added = requests.add_calls();
      *added->mutable_request() = write_(call.request);
      added->set_traceparent(call.request.order->traceparent);
    }
    const absl::Duration timeout = calls.front().request.timeout;
    auto waiting = std::make_shared<Waiting>(std::move(calls));
    const auto each = [waiting, read = read_](Responses& responses) {
      for (const auto& answer : responses.answers()) {
        waiting->Answer(answer.index(),
                        answer.has_error() ? UnknownFrom(rpc::FromMessage(answer.error())) : read(answer.response()));
      }
    };
    const auto done = [waiting, single = std::move(single)](const grpc::Status& status) {
      for (ParticipantCall& call : waiting->TakeRest()) {
        if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
          single(std::move(call));
        } else {
          call.done(status.ok() ? Unanswered() : UnknownFrom(status));
        }
      }
    };
    group.Read<Requests, Responses>(stub_, method_, std::move(requests), timeout, each, done);
  }

  const std::shared_ptr<Stub> stub_;
  const Method method_;
  Request (*const write_)(const CallRequest&);
  CallReply (*const read_)(const Response&);
};

}  // namespace ordersaga::orchestrator
