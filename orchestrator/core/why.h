// Why an order is not finished, in words for whoever has to help: what its saga waits for, what has been done and what
// has not, what comes by itself, and what a person can do and what that moves. Pure: from the saga, its definition and
// the time. What a participant knows beside that is not asked here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/core/saga.h"

namespace ordersaga::orchestrator {

struct Why {
  std::string waits_for;  // "attempt 2 of payment's action"; of a saga that has finished: how it ended
  absl::Time since;       // when that began
  std::string trouble;    // what went wrong last, and how often; empty: nothing

  struct Fact {
    std::string step;
    std::string what;  // "done: 50.00 USD, ch_1"
  };
  std::vector<Fact> facts;  // in the order of the steps

  // What the engine does next without anybody, and when; empty: nothing.
  std::string next;
  std::optional<absl::Time> next_at;

  struct Verb {
    std::string name;    // "retry", "cancel"
    std::string effect;  // on the saga, money and stock
  };
  std::vector<Verb> verbs;  // that are possible now
};

// The same of a saga whose participant is on hold: it waits for that to end, and loses no time.
void ExplainHold(std::string_view participant, absl::Time since, const std::string& by, const std::string& reason,
                 Why& why);

Why Explain(const Definition& definition, const Saga& saga, absl::Time now);

}  // namespace ordersaga::orchestrator
