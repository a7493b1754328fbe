#include "orchestrator/core/draft.h"

namespace ordersaga::orchestrator {

Draft::Draft(const Definition& definition, Saga saga, absl::Time now, double jitter)
    : definition_(definition), now_(now), jitter_(jitter) {
  decision_.next = std::move(saga);
}

void Draft::Note(std::string event, std::string detail) {
  decision_.changed = true;
  Saga& saga = decision_.next;
  saga.updated_at = now_;
  decision_.journal.push_back({++saga.version, now_, std::move(event), std::move(detail), saga.phase});
}

void Draft::Emit(const EventType& type) {
  Emit(&type, saga().order->total, saga().reason, saga().message);
  if (saga().settled.minor > 0) decision_.events.back().settlement = saga().settlement;
}

void Draft::Emit(const EventType* type, const Money& amount, std::string_view reason, std::string_view message) {
  if (type == nullptr) return;
  decision_.events.push_back({type, ++saga().event_sequence, now_, amount, std::string(reason), std::string(message)});
}

void Draft::EmitApplied() {
  Emit(step().applied_event, saga().order->total, "", record().evidence);
}

void Draft::Call() {
  if (saga().parked == kPaused) return;
  const StepRecord& current = record();
  const bool compensation = current.compensating();
  decision_.commands.push_back({saga().step, step().participant, compensation, current.attempts(),
                                compensation ? step().compensation->attempt_timeout : step().action.attempt_timeout});
}

Decision Draft::Finish() && {
  for (JournalEntry& entry : decision_.journal) entry.phase = decision_.next.phase;
  return std::move(decision_);
}

}  // namespace ordersaga::orchestrator
