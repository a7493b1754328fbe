#include "orchestrator/core/saga.h"

#include <fmt/format.h>

namespace ordersaga::orchestrator {

std::string ActionKey(const Uuid& saga, std::string_view step) {
  return fmt::format("{}/{}/action", saga.ToString(), step);
}

std::string CompensationKey(const Uuid& saga, std::string_view step) {
  return fmt::format("{}/{}/compensation", saga.ToString(), step);
}

absl::Time NotAfter(const Definition& definition, const Saga& saga, std::size_t step) {
  const StepDefinition& step_definition = definition.steps[step];
  if (step_definition.kind == StepKind::kRetriable) {
    const absl::Time started = saga.steps[step].started_at.value_or(saga.updated_at);
    return started + step_definition.action.budget + definition.late_margin;
  }
  const absl::Time deadline = saga.deadline_at.value_or(saga.order->created_at + definition.deadline);
  return deadline + definition.late_margin;
}

}  // namespace ordersaga::orchestrator
