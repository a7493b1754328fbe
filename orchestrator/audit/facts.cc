#include "orchestrator/audit/facts.h"

namespace ordersaga::audit {

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
  }
  return "?";
}

SagaFacts FactsOf(const orchestrator::Saga& saga) {
  SagaFacts facts;
  facts.phase = saga.phase;
  facts.status = saga.status;
  facts.ending = saga.ending;
  facts.user_email = saga.order->user_email;
  facts.total = saga.order->total;
  facts.refunded = saga.refunded.minor;
  for (const orchestrator::OrderLine& line : saga.order->lines) {
    facts.lines.push_back({line.item_id, line.quantity});
    facts.lines_minor += line.quantity * line.unit_price.minor;
  }
  for (const orchestrator::StepRecord& step : saga.steps) {
    if (step.name == "payment") facts.payment = step.state;
    if (step.name == "inventory") facts.inventory = step.state;
    if (step.name == "notification") facts.notification = step.state;
  }
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
