// Everything that can happen to a saga.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "orchestrator/core/order.h"
#include "orchestrator/core/verb.h"
#include "platform/base/money.h"

namespace ordersaga::orchestrator {

// A new order was accepted. `start`: there is room to begin at once.
struct OrderPlaced {
  std::shared_ptr<const Order> order;
  bool start = true;
};

// There is room now for a saga that waited.
struct Admitted {};

// The participant did it.
struct Applied {
  std::string evidence;
};

// The participant's business no.
struct Rejected {
  std::string reason;   // stable code
  std::string message;  // in words
};

// No answer, or a gRPC error: it may have happened.
struct OutcomeUnknown {
  std::string error;
  bool retriable = true;  // false: repeating cannot help
  std::optional<absl::Duration> retry_after;
};

struct ActionReplied {
  std::size_t step = 0;
  int attempt = 0;
  std::variant<Applied, Rejected, OutcomeUnknown> outcome;
};

// The compensation is done; `undone` is false when there was nothing to undo.
struct Undone {
  bool undone = false;
  std::optional<Money> amount;  // of an effect that is money: what went back
  std::string evidence;
  bool by_hand = false;  // what was left of it was given back by hand
};

struct CompensationReplied {
  std::size_t step = 0;
  int attempt = 0;
  std::variant<Undone, OutcomeUnknown> outcome;
};

// due_at has come.
struct TimerDue {};

// Nobody waits for this saga's call: its shard has a new owner, and the call may have been made by the one before; or
// the call had no room in its lane, and now there is some.
struct Resumed {};

// The participant that the saga waits for was on hold for so long; it may be asked again.
struct HoldEnded {
  absl::Duration held;
};

struct CancelRequested {
  std::string reason;   // in the customer's words; clean text
  std::string by = {};  // who asks, for the journal
};

// An operator does something to the saga. `version`: the saga's, as he has seen it; empty: whatever it is.
struct VerbAsked {
  Verb verb = Verb::kRetry;
  Operator who;
  std::optional<std::int64_t> version = {};
  std::optional<Settlement> settlement = {};  // of kSettle
};

// Something that must not be was found (a bad row, a broken invariant): hand the saga to a person.
struct FaultFound {
  std::string reason;
};

using Event = std::variant<OrderPlaced, Admitted, ActionReplied, CompensationReplied, TimerDue, Resumed, HoldEnded,
                           CancelRequested, VerbAsked, FaultFound>;

}  // namespace ordersaga::orchestrator
