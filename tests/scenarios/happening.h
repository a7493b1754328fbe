// One line of a story, understood: what happens next. The words are listed in README.md.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "orchestrator/core/event.h"

namespace ordersaga::orchestrator {

// "policy payment budget 20s": before the order is placed.
struct SetPolicy {
  std::string name;
  absl::Duration value;
};
struct PlaceOrder {
  bool start = true;
};
// `attempt` 0: the current one. `step` by name.
struct Reply {
  std::string step;
  int attempt = 0;
  bool compensation = false;
  std::variant<Applied, Rejected, OutcomeUnknown, Undone> outcome;
};
struct Wait {
  absl::Duration time;
};
struct WaitUntilDue {};  // time goes on to the saga's due time, and its timer fires
struct Look {};
struct AskWhy {};

using Happening = std::variant<SetPolicy, PlaceOrder, Reply, Wait, WaitUntilDue, Look, AskWhy, Event>;

// INVALID_ARGUMENT saying what was not understood.
absl::StatusOr<Happening> ParseHappening(std::string_view line);

}  // namespace ordersaga::orchestrator
