// What Decide() gives back. The shell stores saga, journal and domain events in ONE transaction, and only after that
// transaction is durable does it carry out the commands (store before send).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "orchestrator/core/saga.h"
#include "orchestrator/core/verb.h"

namespace ordersaga::orchestrator {

// Append-only record of what happened and where it led. Numbered 1.. per saga without gaps.
struct JournalEntry {
  std::int64_t sequence = 0;
  absl::Time at;
  std::string event;   // "payment applied"
  std::string detail;  // free, clean text; may be empty
  Phase phase = Phase::kWaiting;
};

// A fact for the rest of the world.
struct DomainEvent {
  const EventType* type = nullptr;  // never null; static
  std::int64_t sequence = 0;        // 1..n per order, gapless
  absl::Time at;
  Money amount;         // what went back, of an effect that was undone; else the order's total
  std::string reason;   // stable code; empty: nothing has gone wrong
  std::string message;  // the reason in words; without a reason: the participant's own id of the effect
  std::optional<Settlement> settlement = {};  // of the order's ending: what was given back by hand, and who says so
};

// Ask for a participant to be called. The caller answers with ActionReplied or CompensationReplied, always, once.
struct CallParticipant {
  std::size_t step = 0;
  std::string_view participant;  // as its definition names it
  bool compensation = false;
  int attempt = 0;
  absl::Duration timeout;
};

struct Decision {
  Saga next;
  bool changed = false;  // false: the event no longer mattered; nothing to store
  std::vector<JournalEntry> journal;
  std::vector<DomainEvent> events;
  std::vector<CallParticipant> commands;
  std::vector<Deed> deeds;  // of operators; for the operator log, in the same transaction
};

}  // namespace ordersaga::orchestrator
