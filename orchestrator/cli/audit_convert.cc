#include "orchestrator/cli/audit_convert.h"

#include "platform/rpc/time.h"

namespace ordersaga::cli {
namespace {

using audit::EffectState;

EffectState StateOf(payment::v1::ChargeState state) {
  switch (state) {
    case payment::v1::CHARGE_STATE_APPLIED:
      return EffectState::kApplied;
    case payment::v1::CHARGE_STATE_REJECTED:
      return EffectState::kRejected;
    case payment::v1::CHARGE_STATE_VOIDED:
      return EffectState::kVoided;
    case payment::v1::CHARGE_STATE_REVERSING:
      return EffectState::kReversing;
    case payment::v1::CHARGE_STATE_REVERSED:
      return EffectState::kReversed;
    default:
      return EffectState::kInProgress;
  }
}

EffectState StateOf(inventory::v1::ReservationState state) {
  switch (state) {
    case inventory::v1::RESERVATION_STATE_APPLIED:
      return EffectState::kApplied;
    case inventory::v1::RESERVATION_STATE_REJECTED:
      return EffectState::kRejected;
    case inventory::v1::RESERVATION_STATE_VOIDED:
      return EffectState::kVoided;
    case inventory::v1::RESERVATION_STATE_REVERSED:
      return EffectState::kReversed;
    default:
      return EffectState::kInProgress;
  }
}

template <typename Lines>
std::vector<audit::Line> LinesOf(const Lines& lines) {
  std::vector<audit::Line> facts;
  facts.reserve(static_cast<std::size_t>(lines.size()));
  for (const auto& line : lines) facts.push_back({line.item_id(), line.quantity()});
  return facts;
}

template <typename T>
void Set(const std::optional<T>& parsed, const std::string& name, T* to, std::string* unreadable) {
  if (parsed.has_value()) {
    *to = *parsed;
  } else {
    *unreadable = "unknown name: " + name;
  }
}

}  // namespace

audit::SagaFacts FactsOf(const saga::v1::AuditedSaga& saga) {
  audit::SagaFacts facts;
  facts.unreadable = saga.unreadable();
  if (!facts.unreadable.empty()) return facts;
  Set(orchestrator::ParsePhase(saga.phase()), saga.phase(), &facts.phase, &facts.unreadable);
  Set(orchestrator::ParseStatus(saga.status()), saga.status(), &facts.status, &facts.unreadable);
  Set(orchestrator::ParseStepState(saga.payment()), saga.payment(), &facts.payment, &facts.unreadable);
  Set(orchestrator::ParseStepState(saga.inventory()), saga.inventory(), &facts.inventory, &facts.unreadable);
  facts.ending = orchestrator::ParseEnding(saga.ending());
  if (!saga.ending().empty() && !facts.ending.has_value()) facts.unreadable = "unknown ending: " + saga.ending();
  facts.total = {saga.total().amount_minor(), saga.total().currency()};
  facts.refunded = saga.refunded_minor();
  facts.lines = LinesOf(saga.lines());
  facts.event_sequence = saga.event_sequence();
  facts.events_kept = saga.events_kept();
  facts.events.reserve(static_cast<std::size_t>(saga.events_size()));
  for (const auto& event : saga.events()) facts.events.push_back({event.sequence(), event.routing_key()});
  return facts;
}

audit::Charge FactsOf(const payment::v1::Charge& charge) {
  audit::Charge facts;
  facts.key = charge.idempotency_key();
  facts.order_id = charge.order_id();
  facts.state = StateOf(charge.state());
  facts.asked = {charge.amount().amount_minor(), charge.amount().currency()};
  facts.charged = charge.charged().amount_minor();
  facts.refunded = charge.refunded().amount_minor();
  return facts;
}

audit::Reservation FactsOf(const inventory::v1::Reservation& reservation) {
  return {reservation.idempotency_key(),
          reservation.order_id(),
          StateOf(reservation.state()),
          LinesOf(reservation.lines()),
          rpc::FromProto(reservation.created_at()),
          rpc::FromProto(reservation.updated_at())};
}

}  // namespace ordersaga::cli
