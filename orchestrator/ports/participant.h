// A participant as the engine sees it: something that can be asked to act or to undo. Implementations: adapters/rpc.
//
// Threads: Call returns at once; `done` is called exactly once, on any thread, at the latest when request.timeout has
// passed. Repeating a call is always safe: its key is the same every time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>

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

class Participant {
 public:
  virtual ~Participant() = default;
  virtual void Call(CallRequest request, std::function<void(CallReply)> done) = 0;
};

}  // namespace ordersaga::orchestrator
