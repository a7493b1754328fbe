#include "orchestrator/core/definition.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "platform/base/error.h"

namespace ordersaga::orchestrator {
namespace {

using Problems = std::vector<FieldViolation>;

void CheckPolicy(const std::string& where, const CallPolicy& policy, Problems& problems) {
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

void CheckCalls(const std::string& where, const StepDefinition& step, bool before_pivot, Problems& problems) {
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

// Names become parts of keys ("<saga>/<name>/action") and of endings ("<name>_rejected").
bool IsName(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

void CheckFacts(const std::string& where, const StepDefinition& step, Problems& problems) {
  if (!IsName(step.name)) problems.push_back({where, "needs a name of lower-case letters and underscores"});
  if (!IsName(step.participant)) problems.push_back({where, "needs a participant: the name of who is asked"});
  if (step.unknown_reason.empty()) problems.push_back({where, "needs an unknown_reason for when nobody answers"});
  if (step.unknown_message.empty()) problems.push_back({where, "needs an unknown_message for when nobody answers"});
}

// Whoever hears that something was done hears that it was undone, and nobody hears of an undoing alone.
void CheckEvents(const std::string& where, const StepDefinition& step, Problems& problems) {
  if (step.kind == StepKind::kCompensatable && step.applied_event != nullptr && step.undone_event == nullptr) {
    problems.push_back({where, "has an applied_event, so it needs an undone_event"});
  }
  if (step.undone_event != nullptr && (step.applied_event == nullptr || step.failed_event == nullptr)) {
    problems.push_back({where, "has an undone_event, so it needs an applied_event and a failed_event"});
  }
}

void CheckEventTypes(const Definition& definition, const std::string& where, Problems& problems) {
  std::set<std::string_view> keys;
  for (const EventType* type : EventTypes(definition)) {
    if (type->exchange.empty() || type->routing_key.empty() || type->moment.empty()) {
      problems.push_back({where, fmt::format("has an event \"{}\" without an exchange, a routing_key or a moment",
                                             type->routing_key)});
    }
    if (!keys.insert(type->routing_key).second) {
      problems.push_back({where, fmt::format("has two events with the routing_key \"{}\"", type->routing_key)});
    }
  }
}

void CheckWhole(const Definition& definition, Problems& problems) {
  const std::string where = fmt::format("version {}", definition.version);
  const auto count = [&](auto is) { return std::count_if(definition.steps.begin(), definition.steps.end(), is); };
  if (count([](const auto& step) { return step.kind == StepKind::kPivot; }) != 1) {
    problems.push_back({where, "needs exactly one pivot"});
  }
  if (count([](const auto& step) { return step.kind == StepKind::kRetriable; }) == 0) {
    problems.push_back({where, "needs a retriable step after the pivot"});
  }
  for (const Effect effect : {Effect::kMoney, Effect::kStock, Effect::kNotice}) {
    if (count([&](const auto& step) { return step.effect == effect; }) > 1) {
      problems.push_back({where, "has two steps with the same effect; only kOther may be there twice"});
    }
  }
  if (definition.deadline <= absl::ZeroDuration()) problems.push_back({where, "needs a deadline"});
  if (definition.late_margin <= absl::ZeroDuration()) {
    problems.push_back({where, "needs a margin between its deadline and not_after"});
  }
  CheckEventTypes(definition, where, problems);
}

}  // namespace

std::vector<const EventType*> EventTypes(const Definition& definition) {
  std::vector<const EventType*> types = {&kOrderCreated, &kOrderCompleted, &kOrderCancelled, &kSagaNeedsAttention};
  for (const StepDefinition& step : definition.steps) {
    for (const EventType* type : {step.applied_event, step.failed_event, step.undone_event}) {
      if (type != nullptr) types.push_back(type);
    }
  }
  return types;
}

absl::Status Check(const Definition& definition) {
  Problems problems;
  std::set<std::string_view> names;
  bool before_pivot = true;
  for (std::size_t i = 0; i < definition.steps.size(); ++i) {
    const StepDefinition& step = definition.steps[i];
    const std::string where = fmt::format("version {}, step {} ({})", definition.version, i + 1, step.name);
    if (!before_pivot && step.kind == StepKind::kCompensatable) {
      problems.push_back({where, "stands after the pivot, so it must be retriable"});
    }
    if (step.kind == StepKind::kPivot) before_pivot = false;
    if (!names.insert(step.name).second) problems.push_back({where, "needs a name that no other step has"});
    CheckCalls(where, step, before_pivot, problems);
    CheckFacts(where, step, problems);
    CheckEvents(where, step, problems);
  }
  CheckWhole(definition, problems);
  return problems.empty() ? absl::OkStatus() : BadRequest(problems);
}

}  // namespace ordersaga::orchestrator
