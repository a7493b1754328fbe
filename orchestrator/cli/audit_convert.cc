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

// As notification names them.
EffectState StateOf(std::string_view name) {
  for (const EffectState state : {EffectState::kApplied, EffectState::kRejected, EffectState::kReversed}) {
    if (audit::Name(state) == name) return state;
  }
  return name == "voided" ? EffectState::kVoided : EffectState::kInProgress;
}

Money MoneyOf(const common::v1::Money& money) {
  return {money.amount_minor(), money.currency()};
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

std::optional<absl::Time> TimeOf(bool there, const google::protobuf::Timestamp& time) {
  return there ? std::optional(rpc::FromProto(time)) : std::nullopt;
}

audit::Progress ProgressOf(const saga::v1::AuditedSaga& saga, const saga::v1::ListForAuditResponse& page) {
  return {saga.step(),
          saga.parked(),
          TimeOf(saga.has_due_at(), saga.due_at()),
          rpc::FromProto(saga.updated_at()),
          rpc::FromProto(page.read_at()),
          absl::Seconds(page.patience().seconds())};
}

}  // namespace

audit::SagaFacts FactsOf(const saga::v1::AuditedSaga& saga, const saga::v1::ListForAuditResponse& page) {
  audit::SagaFacts facts;
  facts.unreadable = saga.unreadable();
  if (!facts.unreadable.empty()) return facts;
  Set(orchestrator::ParsePhase(saga.phase()), saga.phase(), &facts.phase, &facts.unreadable);
  Set(orchestrator::ParseStatus(saga.status()), saga.status(), &facts.status, &facts.unreadable);
  Set(orchestrator::ParseStepState(saga.payment()), saga.payment(), &facts.payment, &facts.unreadable);
  Set(orchestrator::ParseStepState(saga.inventory()), saga.inventory(), &facts.inventory, &facts.unreadable);
  Set(orchestrator::ParseStepState(saga.notification()), saga.notification(), &facts.notification, &facts.unreadable);
  facts.ending = orchestrator::ParseEnding(saga.ending());
  if (!saga.ending().empty() && !facts.ending.has_value()) facts.unreadable = "unknown ending: " + saga.ending();
  facts.user_email = saga.user_email();
  facts.total = MoneyOf(saga.total());
  facts.refunded = saga.refunded_minor();
  facts.lines = LinesOf(saga.lines());
  facts.lines_minor = saga.lines_minor();
  facts.deadline_at = TimeOf(saga.has_deadline_at(), saga.deadline_at());
  facts.progress = ProgressOf(saga, page);
  facts.version = saga.version();
  facts.journal_entries = saga.journal_entries();
  facts.journal_strays = saga.journal_strays();
  facts.event_sequence = saga.event_sequence();
  facts.events_kept = saga.events_kept();
  facts.events.reserve(static_cast<std::size_t>(saga.events_size()));
  for (const auto& event : saga.events()) {
    facts.events.push_back({event.sequence(), event.routing_key(), event.contradiction()});
  }
  return facts;
}

audit::Charge FactsOf(const payment::v1::Charge& charge) {
  audit::Charge facts;
  facts.key = charge.idempotency_key();
  facts.order_id = charge.order_id();
  facts.state = StateOf(charge.state());
  facts.unreadable = charge.unreadable();
  facts.asked = MoneyOf(charge.amount());
  facts.user_email = charge.user_email();
  facts.charged = charge.charged().amount_minor();
  facts.refunded = charge.refunded().amount_minor();
  facts.by_hand = charge.refunded_in_parts_minor();
  facts.counted = charge.refunded_count_minor();
  facts.currency = charge.charged().currency();
  return facts;
}

audit::Reservation FactsOf(const inventory::v1::Reservation& reservation) {
  return {reservation.idempotency_key(),
          reservation.order_id(),
          StateOf(reservation.state()),
          reservation.unreadable(),
          LinesOf(reservation.lines()),
          rpc::FromProto(reservation.created_at()),
          rpc::FromProto(reservation.updated_at())};
}

audit::Notice FactsOf(const notification::v1::Notice& notice) {
  audit::Notice facts{notice.idempotency_key(), notice.order_id(), StateOf(notice.state()), notice.unreadable()};
  switch (notice.kind()) {
    case notification::v1::NOTIFICATION_KIND_COMPLETED:
      facts.kind = audit::NoticeKind::kCompleted;
      break;
    case notification::v1::NOTIFICATION_KIND_PAYMENT_FAILED:
      facts.kind = audit::NoticeKind::kPaymentFailed;
      break;
    case notification::v1::NOTIFICATION_KIND_REFUNDED:
      facts.kind = audit::NoticeKind::kRefunded;
      break;
    case notification::v1::NOTIFICATION_KIND_CANCELLED:
      facts.kind = audit::NoticeKind::kCancelled;
      break;
    default:
      if (facts.unreadable.empty() && facts.state != EffectState::kVoided) facts.unreadable = "unknown kind";
  }
  facts.user_email = notice.user_email();
  facts.lines = LinesOf(notice.lines());
  facts.total = MoneyOf(notice.total());
  facts.refunded = notice.refunded().amount_minor();
  return facts;
}

}  // namespace ordersaga::cli
