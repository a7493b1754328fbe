#include "orchestrator/core/invariants.h"

#include <algorithm>

#include "platform/base/error.h"

namespace ordersaga::orchestrator {
namespace {

bool AnyStep(const Saga& saga, StepState state) {
  return std::any_of(saga.steps.begin(), saga.steps.end(), [&](const StepRecord& step) { return step.state == state; });
}

// The effect of a step that can be undone is, or may be, there.
bool HoldsEffect(const StepDefinition& definition, const StepRecord& step) {
  return definition.compensation.has_value() &&
         (step.state == StepState::kApplied || step.state == StepState::kUnknown || step.state == StepState::kRunning ||
          step.state == StepState::kCompensating);
}

const char* BrokenRule(const Definition& definition, const Saga& saga) {
  if (saga.order == nullptr) return "a saga has an order";
  if (saga.steps.size() != definition.steps.size()) return "one record per step";
  if (saga.step >= saga.steps.size()) return "the current step exists";
  if (saga.finished() != saga.finished_at.has_value()) return "finished means finished_at";
  if ((saga.phase == Phase::kNotifying || saga.finished()) != (saga.status != Status::kPending)) {
    return "the ending is committed exactly when nothing but telling remains";
  }
  if (saga.status != Status::kPending && !saga.ending.has_value()) return "an ended order has an ending";
  if (saga.status == Status::kCompleted && saga.ending != Ending::kCompleted) {
    return "a completed order has the completed ending";
  }
  if (saga.phase == Phase::kCompensating && saga.steps[saga.step].state != StepState::kCompensating) {
    return "compensating means the current step is being compensated";
  }
  if (!saga.parked.empty() && saga.due_at.has_value()) return "a parked saga has no timer";
  if (saga.status == Status::kCompleted && AnyStep(saga, StepState::kCompensated)) {
    return "nothing is undone after the pivot";
  }
  if (saga.status == Status::kCancelled) {
    for (std::size_t i = 0; i < saga.steps.size(); ++i) {
      if (HoldsEffect(definition.steps[i], saga.steps[i])) return "a cancelled order holds nothing";
    }
  }
  return nullptr;
}

}  // namespace

absl::Status CheckInvariants(const Definition& definition, const Saga& saga) {
  const char* rule = BrokenRule(definition, saga);
  if (rule == nullptr) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInternal, "INVARIANT_BROKEN", rule);
}

}  // namespace ordersaga::orchestrator
