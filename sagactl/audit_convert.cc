#include "sagactl/audit_convert.h"

#include "orchestrator/core/endings.h"
#include "platform/rpc/time.h"

namespace ordersaga::cli {
namespace {

using audit::EffectState;

// The same states in the same order. What is none of them is not settled.
EffectState StateOf(common::v1::EffectState state) {
  static_assert(common::v1::EFFECT_STATE_SETTLED - common::v1::EFFECT_STATE_IN_PROGRESS ==
                static_cast<int>(EffectState::kSettled) - static_cast<int>(EffectState::kInProgress));
  const int number = state - common::v1::EFFECT_STATE_IN_PROGRESS;
  const bool known = number >= 0 && number <= static_cast<int>(EffectState::kSettled);
  return known ? static_cast<EffectState>(number) : EffectState::kInProgress;
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

audit::SagaFacts FactsOf(const orchestrator::Definitions& definitions, const saga::v1::AuditedSaga& saga,
                         const saga::v1::ListForAuditResponse& page) {
  audit::SagaFacts facts;
  facts.unreadable = saga.unreadable();
  if (!facts.unreadable.empty()) return facts;
  SetDefinition(definitions, saga.definition_version(), static_cast<std::size_t>(saga.step_states_size()), facts);
  if (!facts.unreadable.empty()) return facts;
  Set(orchestrator::ParsePhase(saga.phase()), saga.phase(), &facts.phase, &facts.unreadable);
  Set(orchestrator::ParseStatus(saga.status()), saga.status(), &facts.status, &facts.unreadable);
  for (std::size_t i = 0; i < facts.steps.size(); ++i) {
    const std::string& state = saga.step_states(static_cast<int>(i));
    Set(orchestrator::ParseStepState(state), state, &facts.steps[i], &facts.unreadable);
  }
  facts.ending = orchestrator::ParseEnding(saga.ending(), *facts.definition);
  if (!saga.ending().empty() && !facts.ending.has_value()) facts.unreadable = "unknown ending: " + saga.ending();
  facts.user_email = saga.user_email();
  facts.total = MoneyOf(saga.total());
  facts.refunded = saga.refunded_minor();
  facts.settled = saga.settled_minor();
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
  facts.settled = charge.settled().amount_minor();
  facts.by_hand = charge.refunded_in_parts_minor();
  facts.counted = charge.refunded_count_minor();
  facts.currency = charge.charged().currency();
  facts.under_way = absl::Seconds(charge.under_way_seconds());
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
  facts.under_way = absl::Seconds(notice.under_way_seconds());
  return facts;
}

}  // namespace ordersaga::cli
