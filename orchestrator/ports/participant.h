// A participant as the engine sees it: something that can be asked to act or to undo. Implementations: adapters/rpc.
//
// Threads: Call returns at once; `done` is called exactly once, on any thread, at the latest when request.timeout has
// passed. Repeating a call is always safe: its key is the same every time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "orchestrator/core/event.h"
#include "orchestrator/core/saga.h"

namespace ordersaga::orchestrator {

struct CallRequest {
  std::shared_ptr<const Order> order;
  StepId participant;
  bool compensation = false;
  std::string key;         // idempotency key of this call
  std::string action_key;  // compensation only: the key of the action to undo
  absl::Time not_after;    // of the action
  absl::Duration timeout;

  // For compensation and notification: how the order ends.
  Ending ending = Ending::kCompleted;
  std::string reason;
  std::string message;
  Money refunded;
};

// Applied and Rejected answer an action, Undone a compensation, OutcomeUnknown either.
using CallReply = std::variant<Applied, Rejected, Undone, OutcomeUnknown>;

struct ParticipantCall {
  CallRequest request;
  std::function<void(CallReply)> done;
};

class Participant {
 public:
  virtual ~Participant() = default;
  virtual void Call(CallRequest request, std::function<void(CallReply)> done) = 0;

  // The same for all that a turn has to ask. Who can send several at once does; none waits for another's answer.
  virtual void CallAll(std::vector<ParticipantCall> calls) {
    for (ParticipantCall& call : calls) Call(std::move(call.request), std::move(call.done));
  }
};

}  // namespace ordersaga::orchestrator
