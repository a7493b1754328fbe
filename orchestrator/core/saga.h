// Everything that is known about one order's saga. A value: Decide() makes the next one from it, the store keeps it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "orchestrator/core/definition.h"
#include "orchestrator/core/order.h"

namespace ordersaga::orchestrator {

// Where the saga stands. Names are stored: never rename (pinned by a golden test).
enum class Phase {
  kWaiting,       // accepted; its first step has not started
  kForward,       // running actions up to the pivot
  kCompensating,  // undoing, in reverse
  kNotifying,     // the ending is committed; retriable steps remain
  kFinished,
};
std::string_view Name(Phase phase);
std::optional<Phase> ParsePhase(std::string_view name);

enum class StepState {
  kWaiting,
  kRunning,  // its action may have been called
  kApplied,
  kRejected,
  kUnknown,       // given up without an answer; must be compensated
  kCompensating,  // its compensation may have been called
  kCompensated,   // something was undone
  kVoid,          // compensated, and there was nothing to undo; or, after the ending, left undone by an operator
};
std::string_view Name(StepState state);
std::optional<StepState> ParseStepState(std::string_view name);

// The order as clients see it.
enum class Status { kPending, kCompleted, kCancelled };
std::string_view Name(Status status);  // "PENDING", "COMPLETED", "CANCELLED"
std::optional<Status> ParseStatus(std::string_view name);

// How the order ends; set as soon as the direction is decided, final once status is no longer kPending. Names and what
// the customer is told: endings.h.
struct Ending {
  enum Kind : std::uint8_t {
    kCompleted,
    kRejected,  // a step said no
    kUnknown,   // a step was given up without an answer
    kCancelledByCustomer,
    kCancelledByOperator,
    kDeadlineExceeded,
    kClosedByOperator,  // with money settled by hand
  };
  Ending(Kind kind, std::size_t step = 0) : kind(kind), step(step) {}  // NOLINT(google-explicit-constructor)

  Kind kind;
  std::size_t step;  // kRejected, kUnknown: which one; else 0

  bool operator==(const Ending&) const = default;
};

// Money that an operator says he has given back by hand, outside the participants.
struct Settlement {
  Money amount;
  std::string evidence;  // where that can be looked up; clean text
  std::string by;        // who says so

  bool operator==(const Settlement&) const = default;
};

struct StepRecord {
  std::string name;  // as in the definition the saga began with
  StepState state = StepState::kWaiting;
  int action_attempts = 0;  // counted from 1; 0 = never called
  int compensation_attempts = 0;
  std::optional<absl::Time> started_at;
  std::optional<absl::Time> compensation_started_at;
  std::optional<absl::Time> ended_at;
  bool succeeded = false;  // its success was recorded, and told; stays so when it is undone
  std::string reason;      // stable code of a rejection
  std::string last_error;  // of the latest attempt that brought no answer; clean text
  std::string evidence;    // the participant's own id for the effect

  bool compensating() const { return state == StepState::kCompensating; }
  // Of what is being called, or waits to be called again.
  int& attempts() { return compensating() ? compensation_attempts : action_attempts; }
  int attempts() const { return compensating() ? compensation_attempts : action_attempts; }

  bool operator==(const StepRecord&) const = default;
};

struct Saga {
  std::shared_ptr<const Order> order;  // never null, never changed
  int definition_version = 1;

  Phase phase = Phase::kWaiting;
  std::size_t step = 0;  // index into steps; meaningful unless kWaiting or kFinished
  std::vector<StepRecord> steps;

  Status status = Status::kPending;
  std::optional<Ending> ending;
  std::string reason;   // stable code: why it is being, or was, cancelled
  std::string message;  // the same in words
  Money refunded;       // given back so far
  Money settled;        // given back by hand
  std::optional<Settlement>
      settlement;  // by hand, and perhaps not booked yet: goes with every attempt to undo the money

  // When to look next. Set while the saga waits (back-off); empty while a call is out, or when parked or finished.
  std::optional<absl::Time> due_at;
  std::optional<absl::Time> deadline_at;  // set when the first step starts
  std::optional<Ending> stop;             // durable wish to cancel (customer, deadline); honoured at the next answer
  std::string parked;                     // why a person is needed; empty if none is
  std::optional<absl::Time> paused_at;    // set: an operator has paused it, and no time passes for it

  std::int64_t version = 0;         // number of journal entries so far
  std::int64_t event_sequence = 0;  // number of domain events so far
  absl::Time updated_at;
  std::optional<absl::Time> finished_at;

  const Uuid& id() const { return order->id; }
  bool finished() const { return phase == Phase::kFinished; }
};

// "<saga_id>/<step>/action" and "<saga_id>/<step>/compensation": the same on every attempt, replica and rerun.
std::string ActionKey(const Uuid& saga, std::string_view step);
std::string CompensationKey(const Uuid& saga, std::string_view step);

// After this moment a participant must refuse the action (it may no longer be compensated for).
absl::Time NotAfter(const Definition& definition, const Saga& saga, std::size_t step);

}  // namespace ordersaga::orchestrator
