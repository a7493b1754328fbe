// Whether an open saga will be moved on. The engine looks at one that is due, one whose call it waits for, and one that
// waits to start; a person looks at a parked one. A call that is out cannot be seen from outside: the saga only stands
// at a step that is running, and after a time it must have moved.
#include <fmt/format.h>

#include <algorithm>

#include "orchestrator/audit/judge.h"

namespace ordersaga::audit {
namespace {

using orchestrator::Phase;
using orchestrator::StepState;

std::optional<StepState> StateOf(const SagaFacts& saga, std::string_view step) {
  for (std::size_t i = 0; i < saga.steps.size(); ++i) {
    if (saga.definition->steps[i].name == step) return saga.steps[i];
  }
  return std::nullopt;
}

bool IsIdle(const SagaFacts& saga) {
  return saga.phase == Phase::kFinished || !saga.progress.parked.empty();
}

}  // namespace

std::string Forgotten(const SagaFacts& saga) {
  if (IsIdle(saga)) return {};
  if (saga.phase == Phase::kWaiting) {
    return saga.deadline_at.has_value() ? "waiting to start, and taken for one that has" : "";
  }
  if (!saga.deadline_at.has_value() && saga.phase == Phase::kForward) return "started, and it has no deadline";
  const std::optional<StepState> state = StateOf(saga, saga.progress.step);
  const StepState wanted = saga.phase == Phase::kCompensating ? StepState::kCompensating : StepState::kRunning;
  if (state == wanted) return {};
  return fmt::format("{} at {}, which is {}: nobody will look at it again", Name(saga.phase), saga.progress.step,
                     state.has_value() ? Name(*state) : "no step");
}

std::optional<Standing> StandsStill(std::string_view order_id, const SagaFacts& saga) {
  const Progress& progress = saga.progress;
  if (IsIdle(saga) || saga.phase == Phase::kWaiting) return std::nullopt;
  const auto since = [&](absl::Time then) {
    return absl::FormatDuration(absl::Trunc(progress.read_at - then, absl::Seconds(1)));
  };
  const auto standing = [&](std::optional<std::int64_t> version, std::string what) {
    return Standing{{std::string(order_id), Rule::kOrders, std::move(what)}, version, progress.patience};
  };
  // At its deadline it turns back with the next answer, which is not far.
  if (saga.phase == Phase::kForward && *saga.deadline_at + progress.patience < progress.read_at) {
    return standing(std::nullopt, fmt::format("past its deadline for {}", since(*saga.deadline_at)));
  }
  const absl::Time due = std::max(progress.due_at.value_or(absl::InfinitePast()), progress.updated_at);
  if (due + progress.patience >= progress.read_at) return std::nullopt;
  return standing(saga.version, fmt::format("{} at {}, and nothing has happened for {}", Name(saga.phase),
                                            progress.step, since(due)));
}

}  // namespace ordersaga::audit
