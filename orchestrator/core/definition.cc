#include "orchestrator/core/definition.h"

#include <fmt/format.h>

#include <set>

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
  if (policy.max_attempts < 0) problems.push_back({where, "has a negative number of attempts"});
  if (policy.backoff.initial <= absl::ZeroDuration() || policy.backoff.factor < 1.0) {
    problems.push_back({where, "has a back-off that does not grow"});
  }
}

void CheckStep(const std::string& where, const StepDefinition& step, bool before_pivot,
               std::vector<FieldViolation>& problems) {
  CheckPolicy(where + " action", step.action, problems);
  if (step.compensation.has_value()) {
    CheckPolicy(where + " compensation", *step.compensation, problems);
    if (step.compensation->max_attempts != 0) {
      problems.push_back(
          {where, "has a compensation that is given up after some attempts; only its budget may end it"});
    }
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
  const auto policy = [&](absl::Duration budget) { return CallPolicy{options.attempt_timeout, budget, backoff, 0}; };
  Definition definition;
  definition.version = 1;
  definition.deadline = options.saga_deadline;
  definition.notification_events = options.notification_events;
  definition.steps = {
      {"payment", StepId::kPayment, StepKind::kCompensatable, policy(options.payment_budget),
       policy(options.compensation_budget)},
      {"inventory", StepId::kInventory, StepKind::kPivot, policy(options.inventory_budget),
       policy(options.compensation_budget)},
      {"notification", StepId::kNotification, StepKind::kRetriable, policy(options.notification_budget), std::nullopt},
  };
  return definition;
}

Definitions::Definitions(std::vector<Definition> all) {
  for (Definition& definition : all) by_version_.insert_or_assign(definition.version, std::move(definition));
}

const Definition* Definitions::Find(int version) const {
  const auto found = by_version_.find(version);
  return found == by_version_.end() ? nullptr : &found->second;
}

absl::Status Check(const Definition& definition) {
  std::vector<FieldViolation> problems;
  std::set<std::string> names;
  int pivots = 0;
  for (std::size_t i = 0; i < definition.steps.size(); ++i) {
    const StepDefinition& step = definition.steps[i];
    const std::string where = fmt::format("version {}, step {} ({})", definition.version, i + 1, step.name);
    if (step.kind == StepKind::kPivot) ++pivots;
    if (pivots > 0 && step.kind == StepKind::kCompensatable) {
      problems.push_back({where, "stands after the pivot, so it must be retriable"});
    }
    if (step.name.empty() || !names.insert(step.name).second) {
      problems.push_back({where, "needs a name that no other step has"});
    }
    CheckStep(where, step, pivots == 0, problems);
  }
  const std::string where = fmt::format("version {}", definition.version);
  if (pivots != 1) problems.push_back({where, "needs exactly one pivot"});
  if (definition.deadline <= absl::ZeroDuration()) problems.push_back({where, "needs a deadline"});
  if (definition.late_margin <= absl::ZeroDuration()) {
    problems.push_back({where, "needs a margin between its deadline and not_after"});
  }
  return problems.empty() ? absl::OkStatus() : BadRequest(problems);
}

}  // namespace ordersaga::orchestrator
