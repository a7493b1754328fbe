// What an audit compares: an order as the orchestrator has stored it, and what the participants say was done for it.
// Values; where they come from (gRPC, a simulated database, a test) is somebody else's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "orchestrator/core/definitions.h"
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
  kSettled,  // undone by hand
};
std::string_view Name(EffectState state);  // "in progress", "applied", ...

// Of payment. `order_id` is foreign text. Money is in minor units of `currency`.
struct Charge {
  std::string key;
  std::string order_id;
  EffectState state = EffectState::kInProgress;
  std::string unreadable = {};  // not empty: what was asked for makes no sense; `asked` and `user_email` are not set
  Money asked = {};
  std::string user_email = {};
  std::int64_t charged = 0;   // the sum of the ledger's rows
  std::int64_t refunded = 0;  // the same, of all that has gone back
  std::int64_t by_hand = 0;   // of that, what went back in parts, which no saga asks for
  std::int64_t settled = 0;   // the sum of what an operator says was given back by hand
  std::int64_t counted = 0;   // refunded and settled, by the count that payment keeps beside its rows
  std::string currency = {};  // of the ledger's rows; empty: nothing moved
  absl::Duration under_way = absl::ZeroDuration();  // for so long its provider has been asked and has not answered
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
  std::string unreadable = {};  // not empty: what was asked for makes no sense, and there are no lines
  std::vector<Line> lines;      // none in a tombstone
  absl::Time created_at;
  absl::Time updated_at;
};

using orchestrator::NoticeKind;

// Of notification: what the customer is told.
struct Notice {
  std::string key;
  std::string order_id;
  EffectState state = EffectState::kInProgress;
  std::string unreadable = {};  // not empty: what was asked for makes no sense, and nothing below is set
  NoticeKind kind = NoticeKind::kCompleted;
  std::string user_email = {};
  std::vector<Line> lines = {};
  Money total = {};
  std::int64_t refunded = 0;
  absl::Duration under_way = absl::ZeroDuration();  // for so long it has not been sent
};

struct Event {
  std::int64_t sequence = 0;
  std::string routing_key;
  std::string contradiction = {};  // not empty: what its body says that the order does not
};

// Where an open saga stands, and since when.
struct Progress {
  std::string step;    // the current one
  std::string parked;  // not empty: it waits for a person
  std::optional<absl::Time> due_at;
  absl::Time updated_at;
  absl::Time read_at = absl::InfinitePast();  // by the same clock: when all this was true
  absl::Duration patience;                    // one that has been due for longer is moved on by nobody
};

struct SagaFacts {
  std::string
      unreadable;  // not empty: the stored row makes no sense, is gone, or is of a version that is not known here
  orchestrator::Phase phase = orchestrator::Phase::kWaiting;
  orchestrator::Status status = orchestrator::Status::kPending;
  std::optional<orchestrator::Ending> ending;
  std::string user_email;
  Money total;
  std::int64_t refunded = 0;  // minor units, as the saga recorded it
  std::int64_t settled = 0;   // likewise
  std::vector<Line> lines;
  std::int64_t lines_minor = 0;                          // what they come to
  const orchestrator::Definition* definition = nullptr;  // what it began with
  std::vector<orchestrator::StepState> steps;            // in the definition's order
  std::optional<absl::Time> deadline_at;                 // of one that has started
  Progress progress;
  std::int64_t version = 0;          // how many journal entries the saga says it has
  std::int64_t journal_entries = 0;  // and how many of those are there
  bool journal_strays = false;       // there are others
  std::int64_t event_sequence = 0;   // how many events the saga says it has
  bool events_kept = true;           // false: some may have been dropped by age
  std::vector<Event> events;         // ascending, of the same snapshot as the rest

  // Of the step with this effect; kWaiting and "" if there is none.
  orchestrator::StepState StateOf(orchestrator::Effect effect) const;
  std::string_view StepWith(orchestrator::Effect effect) const;
};

// Sets the definition of a saga, and room for the states of its steps; or says in `unreadable` why it cannot be judged.
void SetDefinition(const orchestrator::Definitions& definitions, int version, std::size_t steps, SagaFacts& facts);
// The step of this definition with this effect; nullptr: there is none.
const orchestrator::StepDefinition* StepWith(const orchestrator::Definition& definition, orchestrator::Effect effect);

// Without the events, which are kept elsewhere; with the whole journal.
SagaFacts FactsOf(const orchestrator::Definitions& definitions, const orchestrator::Saga& saga);

// All there is about one order. Without a saga: effects that name an order nobody knows.
struct OrderFacts {
  std::string id;  // canonical text
  std::optional<SagaFacts> saga;
  std::vector<Charge> charges;
  std::vector<Reservation> reservations;
  std::vector<Notice> notices;
};

}  // namespace ordersaga::audit
