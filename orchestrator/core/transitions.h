// The table of legal moves between phases. Decide() refuses to make any other; docs/state_machine.md shows it.
#pragma once

#include <array>
#include <string_view>

#include "orchestrator/core/saga.h"

namespace ordersaga::orchestrator {

struct Move {
  Phase from;
  Phase to;
  std::string_view why;
};

inline constexpr std::array kMoves = {
    Move{Phase::kWaiting, Phase::kForward, "there is room: the first step starts"},
    Move{Phase::kWaiting, Phase::kNotifying, "cancelled before anything happened"},
    Move{Phase::kForward, Phase::kForward, "an action was applied and the next starts; or a retry"},
    Move{Phase::kForward, Phase::kNotifying, "the pivot was applied, or rejected with nothing to undo"},
    Move{Phase::kForward, Phase::kCompensating, "rejected, given up, cancelled, or out of time"},
    Move{Phase::kCompensating, Phase::kCompensating, "a compensation was done and the next starts; or a retry"},
    Move{Phase::kCompensating, Phase::kNotifying, "everything is undone"},
    Move{Phase::kNotifying, Phase::kNotifying, "a retry"},
    Move{Phase::kNotifying, Phase::kFinished, "the customer has been told"},
};

constexpr bool IsLegal(Phase from, Phase to) {
  for (const Move& move : kMoves) {
    if (move.from == from && move.to == to) return true;
  }
  // Marks made without moving (a stop flag, parking) are legal in every phase that is still open.
  return from == to && from != Phase::kFinished;
}

}  // namespace ordersaga::orchestrator
