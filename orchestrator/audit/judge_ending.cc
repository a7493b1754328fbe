// The ending of one order: what its status, its phase and the states of its steps say of it must be one story.
#include <fmt/format.h>

#include "orchestrator/audit/judge.h"
#include "orchestrator/core/endings.h"

namespace ordersaga::audit {
namespace {

using orchestrator::Ending;
using orchestrator::Phase;
using orchestrator::Status;
using orchestrator::StepDefinition;
using orchestrator::StepKind;
using orchestrator::StepState;

// What the step's state must be once the order has ended.
bool NothingHeld(StepState state) {
  return state == StepState::kWaiting || state == StepState::kRejected || state == StepState::kCompensated ||
         state == StepState::kVoid;
}

std::string NameOf(const SagaFacts& saga, const std::optional<Ending>& ending) {
  return ending.has_value() ? orchestrator::NameOf(*ending, *saga.definition) : "nothing";
}

// "payment applied and inventory rejected": the steps that the ending depends on.
std::string Said(const SagaFacts& saga) {
  std::string said;
  for (std::size_t i = 0; i < saga.steps.size(); ++i) {
    const StepDefinition& step = saga.definition->steps[i];
    if (step.kind == StepKind::kRetriable) continue;
    said += fmt::format("{}{} {}", said.empty() ? "" : " and ", step.name, Name(saga.steps[i]));
  }
  return said;
}

void JudgeSteps(const SagaFacts& saga, Report& report) {
  bool all_applied = true;
  bool any_held = false;
  bool refused_as_told = true;
  for (std::size_t i = 0; i < saga.steps.size(); ++i) {
    if (saga.definition->steps[i].kind == StepKind::kRetriable) continue;
    const StepState state = saga.steps[i];
    all_applied = all_applied && state == StepState::kApplied;
    any_held = any_held || !NothingHeld(state);
    const bool told = saga.ending == Ending(Ending::kRejected, i);
    // One that an operator has closed may have been on its way to any ending.
    const bool any = saga.ending == Ending(Ending::kClosedByOperator);
    refused_as_told = refused_as_told && (any || told == (state == StepState::kRejected));
  }
  if (saga.status == Status::kCompleted) {
    if (!all_applied) report(Rule::kOrders, fmt::format("COMPLETED, with {}", Said(saga)));
    return;
  }
  if (any_held) report(Rule::kEffects, fmt::format("CANCELLED, with {}", Said(saga)));
  if (!refused_as_told) {
    report(Rule::kOrders, fmt::format("ended as {}, with {}", NameOf(saga, saga.ending), Said(saga)));
  }
}

// When the saga has finished, every step after the ending has been answered, or skipped by an operator.
void JudgeLastSteps(const SagaFacts& saga, Report& report) {
  for (std::size_t i = 0; i < saga.steps.size(); ++i) {
    const StepDefinition& step = saga.definition->steps[i];
    const bool answered = saga.steps[i] == StepState::kApplied || saga.steps[i] == StepState::kRejected ||
                          saga.steps[i] == StepState::kVoid;
    if (step.kind != StepKind::kRetriable || answered) continue;
    report(Rule::kOrders, fmt::format("finished, with {} {}", step.name, Name(saga.steps[i])));
  }
}

}  // namespace

void JudgeEnding(const SagaFacts& saga, Report& report) {
  const bool ended = saga.status != Status::kPending;
  if (ended != (saga.phase == Phase::kNotifying || saga.phase == Phase::kFinished)) {
    report(Rule::kOrders, fmt::format("{} while its saga is {}", Name(saga.status), Name(saga.phase)));
  }
  if (!ended) {
    if (saga.ending == Ending::kCompleted) report(Rule::kOrders, "PENDING, and already ended as completed");
    return;
  }
  if (saga.phase == Phase::kFinished) JudgeLastSteps(saga, report);
  if (!saga.ending.has_value() || (saga.status == Status::kCompleted) != (saga.ending == Ending::kCompleted)) {
    report(Rule::kOrders, fmt::format("{}, and ended as {}", Name(saga.status), NameOf(saga, saga.ending)));
  }
  JudgeSteps(saga, report);
}

}  // namespace ordersaga::audit
