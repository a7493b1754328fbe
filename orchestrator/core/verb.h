// What an operator can do to one saga: the verbs, when each is possible, and the record of one that was done. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "orchestrator/core/saga.h"

namespace ordersaga::orchestrator {

enum class Verb : std::uint8_t {
  kRetry,       // a parked saga goes on, or one that waits for its next attempt tries at once
  kPause,       // nothing more is asked of anybody; answers under way are taken; time stands still
  kResume,      // a paused saga goes on
  kCancel,      // the order is cancelled, not by its customer; an answer under way is waited for
  kCompensate,  // the same, without waiting for the answer
  kSettle,      // what cannot be given back was given back by hand: the order ends CANCELLED with that
  kSkip,        // what remains after the ending, such as telling the customer, is left undone
};
inline constexpr std::array kVerbs = {Verb::kRetry,      Verb::kPause,  Verb::kResume, Verb::kCancel,
                                      Verb::kCompensate, Verb::kSettle, Verb::kSkip};
// "retry", "pause", ...: stored in the operator log, never rename.
std::string_view Name(Verb verb);
std::optional<Verb> ParseVerb(std::string_view name);

// Why a paused saga is parked.
inline constexpr std::string_view kPaused = "PAUSED_BY_OPERATOR";

// Who asks, and why. Clean text.
struct Operator {
  std::string by;      // as the credential says
  std::string from;    // the address he asks from, without its port; empty if it is not known
  std::string reason;  // in his words
};

// An operator did something to a saga. The operator log's row is made from it.
struct Deed {
  Verb verb = Verb::kRetry;
  Operator who;
  absl::Time at;
  std::int64_t version = 0;  // the saga's, after it
  std::string before;        // where the saga stood: "compensating at payment, parked COMPENSATION_EXHAUSTED"
  std::string after;
};

// "compensating at payment, parked COMPENSATION_EXHAUSTED".
std::string Standing(const Saga& saga);

// What the verb would do to the saga, to money and to stock, in words; nullopt if it is not possible now.
std::optional<std::string> EffectOf(const Definition& definition, const Saga& saga, Verb verb);

// The verbs that are possible now: "retry, cancel"; "none".
std::string PossibleVerbs(const Definition& definition, const Saga& saga);

}  // namespace ordersaga::orchestrator
