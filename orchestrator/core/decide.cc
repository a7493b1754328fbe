#include "orchestrator/core/decide.h"

#include <fmt/format.h>

#include "orchestrator/core/handlers.h"
#include "orchestrator/core/invariants.h"
#include "orchestrator/core/moves.h"
#include "orchestrator/core/transitions.h"
#include "platform/base/error.h"

namespace ordersaga::orchestrator {
namespace {

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <typename... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

absl::Status Apply(Draft& draft, const Event& event) {
  absl::Status status;
  std::visit(Overloaded{
                 [&](const OrderPlaced&) {
                   status = MakeError(absl::StatusCode::kInternal, "INVARIANT_BROKEN", "an order is placed once");
                 },
                 [&](const Admitted&) { OnAdmitted(draft); },
                 [&](const ActionReplied& e) { OnActionReplied(draft, e); },
                 [&](const CompensationReplied& e) { OnCompensationReplied(draft, e); },
                 [&](const TimerDue&) { OnTimerDue(draft); },
                 [&](const Resumed&) { OnResumed(draft); },
                 [&](const HoldEnded& e) { OnHoldEnded(draft, e); },
                 [&](const CancelRequested& e) { status = OnCancelRequested(draft, e); },
                 [&](const VerbAsked& e) { status = OnVerbAsked(draft, e); },
                 [&](const FaultFound& e) { OnFaultFound(draft, e); },
             },
             event);
  return status;
}

absl::Status CheckMove(Phase from, Phase to) {
  if (IsLegal(from, to)) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInternal, "INVARIANT_BROKEN",
                   fmt::format("no move from {} to {}", Name(from), Name(to)));
}

}  // namespace

Decision DecideNew(const Definition& definition, const OrderPlaced& placed, absl::Time now) {
  Saga saga;
  saga.order = placed.order;
  saga.definition_version = definition.version;
  for (const StepDefinition& step : definition.steps) saga.steps.emplace_back().name = std::string(step.name);
  saga.refunded.currency = saga.settled.currency = placed.order->total.currency;
  if (placed.start) {
    saga.phase = Phase::kForward;
    saga.deadline_at = now + definition.deadline;
  }
  Draft draft(definition, std::move(saga), now, 0.0);
  draft.Note("order placed");
  draft.Emit(kOrderCreated);
  if (placed.start) StartStep(draft, 0);
  return std::move(draft).Finish();
}

absl::StatusOr<Decision> Decide(const Definition& definition, const Saga& saga, const Event& event, absl::Time now,
                                double jitter) {
  // Before its steps are looked at: what was stored may be of another program, or of a mistake.
  if (absl::Status status = CheckInvariants(definition, saga); !status.ok()) return status;
  Draft draft(definition, saga, now, jitter);
  if (absl::Status status = Apply(draft, event); !status.ok()) return status;
  Decision decision = std::move(draft).Finish();
  if (!decision.changed) return decision;
  if (absl::Status status = CheckMove(saga.phase, decision.next.phase); !status.ok()) return status;
  if (absl::Status status = CheckInvariants(definition, decision.next); !status.ok()) return status;
  return decision;
}

}  // namespace ordersaga::orchestrator
