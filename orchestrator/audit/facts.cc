#include "orchestrator/audit/facts.h"

#include <fmt/format.h>

namespace ordersaga::audit {

using orchestrator::Effect;
using orchestrator::StepDefinition;

std::string_view Name(EffectState state) {
  switch (state) {
    case EffectState::kInProgress:
      return "in progress";
    case EffectState::kApplied:
      return "applied";
    case EffectState::kRejected:
      return "rejected";
    case EffectState::kVoided:
      return "void";
    case EffectState::kReversing:
      return "being reversed";
    case EffectState::kReversed:
      return "reversed";
    case EffectState::kSettled:
      return "settled by hand";
  }
  return "?";
}

orchestrator::StepState SagaFacts::StateOf(Effect effect) const {
  const StepDefinition* step = audit::StepWith(*definition, effect);
  return step == nullptr ? orchestrator::StepState::kWaiting
                         : steps[static_cast<std::size_t>(step - definition->steps.data())];
}

std::string_view SagaFacts::StepWith(Effect effect) const {
  const StepDefinition* step = audit::StepWith(*definition, effect);
  return step == nullptr ? "" : step->name;
}

const StepDefinition* StepWith(const orchestrator::Definition& definition, Effect effect) {
  for (const StepDefinition& step : definition.steps) {
    if (step.effect == effect) return &step;
  }
  return nullptr;
}

void SetDefinition(const orchestrator::Definitions& definitions, int version, std::size_t steps, SagaFacts& facts) {
  facts.definition = definitions.Find(version);
  if (facts.definition == nullptr) {
    facts.unreadable = fmt::format("it began with version {} of the saga, which this program does not know", version);
  } else if (facts.definition->steps.size() != steps) {
    facts.unreadable = fmt::format("it has {} steps, and version {} of the saga has {}", steps, version,
                                   facts.definition->steps.size());
  }
  facts.steps.resize(steps);
}

SagaFacts FactsOf(const orchestrator::Definitions& definitions, const orchestrator::Saga& saga) {
  SagaFacts facts;
  SetDefinition(definitions, saga.definition_version, saga.steps.size(), facts);
  facts.phase = saga.phase;
  facts.status = saga.status;
  facts.ending = saga.ending;
  facts.user_email = saga.order->user_email;
  facts.total = saga.order->total;
  facts.refunded = saga.refunded.minor;
  facts.settled = saga.settled.minor;
  for (const orchestrator::OrderLine& line : saga.order->lines) {
    facts.lines.push_back({line.item_id, line.quantity});
    facts.lines_minor += line.quantity * line.unit_price.minor;
  }
  for (std::size_t i = 0; i < saga.steps.size(); ++i) facts.steps[i] = saga.steps[i].state;
  facts.deadline_at = saga.deadline_at;
  facts.progress.step = saga.step < saga.steps.size() ? saga.steps[saga.step].name : "";
  facts.progress.parked = saga.parked;
  facts.progress.due_at = saga.due_at;
  facts.progress.updated_at = saga.updated_at;
  facts.version = facts.journal_entries = saga.version;
  facts.event_sequence = saga.event_sequence;
  return facts;
}

}  // namespace ordersaga::audit
