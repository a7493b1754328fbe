// A participant as the engine sees it: something that can be asked to act or to undo. Implementations: adapters/rpc.
//
// Threads: Call returns at once; each call's `done` is called exactly once, on any thread, at the latest when its
// request.timeout has passed. Repeating a call is always safe: its key is the same every time.
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
  std::string_view participant;  // as its definition names it
  bool compensation = false;
  std::string key;         // idempotency key of this call
  std::string action_key;  // compensation only: the key of the action to undo
  absl::Time not_after;    // of the action
  absl::Duration timeout;

  // For compensations and for steps after the ending: how the order ends, and what the customer is told.
  NoticeKind notice = NoticeKind::kCompleted;
  std::string reason;
  std::string message;
  Money refunded;
  std::optional<Settlement> settlement = {};  // of a compensation of money: it was done by hand, and is to be booked
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
  // All that a turn has to ask; several may travel as one message. No answer waits for another.
  virtual void Call(std::vector<ParticipantCall> calls) = 0;
};

}  // namespace ordersaga::orchestrator
