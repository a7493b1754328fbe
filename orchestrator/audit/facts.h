// What an audit compares: an order as the orchestrator has stored it, and what the participants say was done for it.
// Values; where they come from (gRPC, a simulated database, a test) is somebody else's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "orchestrator/core/saga.h"

namespace ordersaga::audit {

// What became of an action, as its participant knows it.
enum class EffectState {
  kInProgress,
  kApplied,
  kRejected,
  kVoided,  // compensated before it happened; it never can
  kReversing,
  kReversed,
};
std::string_view Name(EffectState state);  // "in progress", "applied", ...

// Of payment. `order_id` is foreign text.
struct Charge {
  std::string key;
  std::string order_id;
  EffectState state = EffectState::kInProgress;
  Money asked;
  std::int64_t charged = 0;   // by the ledger, minor units
  std::int64_t refunded = 0;  // all that has gone back, by the ledger
  std::int64_t by_hand = 0;   // of that, what went back under keys outside the saga form
};

struct Line {
  std::string item_id;
  std::int64_t quantity = 0;
};

// Of inventory.
struct Reservation {
  std::string key;
  std::string order_id;
  EffectState state = EffectState::kApplied;
  std::vector<Line> lines;  // none in a tombstone
  absl::Time created_at;
  absl::Time updated_at;
};

struct Event {
  std::int64_t sequence = 0;
  std::string routing_key;
};

struct SagaFacts {
  std::string unreadable;  // not empty: the stored row makes no sense, and nothing below is set
  orchestrator::Phase phase = orchestrator::Phase::kWaiting;
  orchestrator::Status status = orchestrator::Status::kPending;
  std::optional<orchestrator::Ending> ending;
  Money total;
  std::int64_t refunded = 0;  // minor units, as the saga recorded it
  std::vector<Line> lines;
  orchestrator::StepState payment = orchestrator::StepState::kWaiting;
  orchestrator::StepState inventory = orchestrator::StepState::kWaiting;
  std::int64_t event_sequence = 0;  // how many events the saga says it has
  bool events_kept = true;          // false: some may have been dropped by age
  std::vector<Event> events;        // ascending, of the same snapshot as the rest
};

// Without the events, which are kept elsewhere.
SagaFacts FactsOf(const orchestrator::Saga& saga);

// All there is about one order. Without a saga: effects that name an order nobody knows.
struct OrderFacts {
  std::string id;  // canonical text
  std::optional<SagaFacts> saga;
  std::vector<Charge> charges;
  std::vector<Reservation> reservations;
};

}  // namespace ordersaga::audit
