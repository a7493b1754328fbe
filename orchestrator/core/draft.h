// A decision in the making: the saga being changed, and what is to be recorded, published and asked for.
// Used by the on_*.cc files only; one Draft per call of Decide().
#pragma once

#include <string>

#include "orchestrator/core/decision.h"
#include "orchestrator/core/definition.h"

namespace ordersaga::orchestrator {

class Draft {
 public:
  Draft(const Definition& definition, Saga saga, absl::Time now, double jitter);

  Saga& saga() { return decision_.next; }
  const Definition& definition() const { return definition_; }
  absl::Time now() const { return now_; }
  double jitter() const { return jitter_; }

  StepRecord& record() { return saga().steps[saga().step]; }
  const StepDefinition& step() const { return definition_.steps[decision_.next.step]; }

  // The one journal entry of this decision: what happened. Also marks the saga as changed.
  void Note(std::string event, std::string detail = "");

  // Publishes a fact about the order, with the order's total and the saga's current reason and message.
  void Emit(const EventType& type);
  // Publishes a fact about a step; nullptr: its definition has none of this kind.
  void Emit(const EventType* type, const Money& amount, std::string_view reason, std::string_view message);
  // Publishes that the current step was done.
  void EmitApplied();

  // Asks for the current step's action or compensation, whichever its record says is running; while the saga is paused,
  // nobody is asked.
  void Call();

  // What an operator did, for the operator log.
  void Record(Deed deed) { decision_.deeds.push_back(std::move(deed)); }

  Decision Finish() &&;

 private:
  const Definition& definition_;
  const absl::Time now_;
  const double jitter_;
  Decision decision_;
};

}  // namespace ordersaga::orchestrator
