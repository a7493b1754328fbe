#include "orchestrator/core/definition.h"

#include <fmt/format.h>

#include "platform/base/error.h"

namespace ordersaga::orchestrator {
namespace {

void CheckPolicy(const std::string& where, const CallPolicy& policy, std::vector<FieldViolation>& problems) {
  if (policy.attempt_timeout <= absl::ZeroDuration()) {
    problems.push_back({where, "needs an attempt timeout above zero"});
  }
  if (policy.budget < policy.attempt_timeout) {
    problems.push_back({where, "has a budget smaller than one attempt"});
  }
  if (policy.backoff.initial <= absl::ZeroDuration() || policy.backoff.factor < 1.0) {
    problems.push_back({where, "has a back-off that does not grow"});
  }
}

void CheckStep(const StepDefinition& step, bool before_pivot, std::vector<FieldViolation>& problems) {
  const std::string where = fmt::format("step {}", Name(step.id));
  CheckPolicy(where + " action", step.action, problems);
  if (step.compensation.has_value()) {
    CheckPolicy(where + " compensation", *step.compensation, problems);
    if (step.compensation->budget < step.action.budget) {
      problems.push_back({where, "has a compensation with a smaller budget than its action"});
    }
  }
  if (before_pivot && step.kind != StepKind::kCompensatable) {
    problems.push_back({where, "stands before the pivot, so it must be compensatable"});
  }
  // The pivot too: its outcome may stay unknown, and then it must be undone.
  if (step.kind != StepKind::kRetriable && !step.compensation.has_value()) {
    problems.push_back({where, "may have to be undone and has no compensation"});
  }
  if (step.kind == StepKind::kRetriable && step.compensation.has_value()) {
    problems.push_back({where, "comes after the pivot and is never undone: no compensation"});
  }
}

}  // namespace

Definition OrderSaga(const DefinitionOptions& options) {
  const Backoff backoff{options.backoff_initial, options.backoff_cap, 2.0};
  const auto policy = [&](absl::Duration budget) { return CallPolicy{options.attempt_timeout, budget, backoff}; };
  Definition definition;
  definition.version = 1;
  definition.deadline = options.saga_deadline;
  definition.steps = {
      {StepId::kPayment, StepKind::kCompensatable, policy(options.payment_budget), policy(options.compensation_budget)},
      {StepId::kInventory, StepKind::kPivot, policy(options.inventory_budget), policy(options.compensation_budget)},
      {StepId::kNotification, StepKind::kRetriable, policy(options.notification_budget), std::nullopt},
  };
  return definition;
}

absl::Status Check(const Definition& definition) {
  std::vector<FieldViolation> problems;
  int pivots = 0;
  for (const StepDefinition& step : definition.steps) {
    if (step.kind == StepKind::kPivot) ++pivots;
    if (pivots > 0 && step.kind == StepKind::kCompensatable) {
      problems.push_back({fmt::format("step {}", Name(step.id)), "stands after the pivot, so it must be retriable"});
    }
    CheckStep(step, pivots == 0, problems);
  }
  if (pivots != 1) problems.push_back({"definition", "needs exactly one pivot"});
  if (definition.deadline <= absl::ZeroDuration()) {
    problems.push_back({"definition", "needs a deadline"});
  }
  return problems.empty() ? absl::OkStatus() : BadRequest(std::move(problems));
}

}  // namespace ordersaga::orchestrator
