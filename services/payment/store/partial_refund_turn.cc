// The partial refunds of a turn of payment.
#include "services/payment/store/payment_work.h"

namespace ordersaga::payment {
namespace {

using participant::EffectRecord;
using participant::EffectState;

void AnswerPart(const PartialRefund& refund, Outcome& outcome) {
  outcome.action = {refund.state == EffectState::kApplied, refund.reason, refund.message, refund.answer};
}

}  // namespace

void PaymentTurn::Decide(const BeginPart& ask, Work& work, Item& item) const {
  const EffectRecord* charge = work.Find(item.action_key);
  if (charge != nullptr) SetOrder(*charge, item);
  for (const PartialRefund& other : work.refund_inserts) {
    // The same key for two charges, in one turn.
    if (other.key == ask.refund.key) {
      item.outcome.status = ComeBack("another request with this idempotency_key is under way");
      return;
    }
  }
  const PartialRefund* stored = work.FindRefund(ask.refund.key);
  const PartDecision decision = JudgePart(charge, item.order.amount.currency, work.balances[item.action_key], stored,
                                          work.UnderWay(item.action_key), ask.refund);
  PartialRefund refund = ask.refund;
  refund.created_at = refund.updated_at = work.now;
  switch (decision.verdict) {
    case PartVerdict::kAnswerStored:
      return AnswerPart(*stored, item.outcome);
    case PartVerdict::kAskAgain:
      item.part = *stored;
      return AskProvider(Ask::kPart, item);
    case PartVerdict::kWait:
      // Its caller may never come back; it must not stand in the way for ever.
      if (const PartialRefund* under_way = work.UnderWay(item.action_key)) {
        item.part = *under_way;
        item.next = Ask::kPart;
      }
      item.outcome.status = ComeBack("the charge or another refund of it is under way");
      return;
    case PartVerdict::kKeyReused:
      item.outcome.status = KeyReused();
      return;
    case PartVerdict::kUnknownCharge:
      item.outcome.status = MakeError(absl::StatusCode::kNotFound, "NOT_FOUND", "no charge has this charge_key");
      return;
    case PartVerdict::kReject:
      refund.state = EffectState::kRejected;
      refund.reason = decision.reason;
      refund.message = decision.message;
      AnswerPart(refund, item.outcome);
      break;
    case PartVerdict::kRefund:
      item.part = refund;
      AskProvider(Ask::kPart, item);
      break;
  }
  work.refund_inserts.push_back(std::move(refund));
}

void PaymentTurn::Decide(const FinishPartOf& ask, Work& work, Item& item) const {
  const PartialRefund* stored = work.FindRefund(ask.refund_key);
  if (stored == nullptr) {
    item.outcome.status = Vanished();
    return;
  }
  item.order_id = stored->order_id;
  item.part = *stored;
  std::optional<PartialRefund> refund = FinishPart(*stored, ask.reply, work.now);
  if (!refund.has_value()) {
    if (stored->state != EffectState::kInProgress) return AnswerPart(*stored, item.outcome);
    item.outcome.status = ComeBack("the provider could not refund; ask again");
    return;
  }
  if (refund->state == EffectState::kApplied) {
    work.transfers.push_back(
        {refund->charge_key, Transfer::Kind::kRefund, refund->key, refund->answer, refund->amount});
  }
  AnswerPart(*refund, item.outcome);
  work.refund_updates.push_back(*std::move(refund));
}

void PaymentTurn::Decide(const ResumePart& ask, Work& work, Item& item) const {
  const EffectRecord* charge = work.Find(item.action_key);
  const PartialRefund* stored = work.FindRefund(ask.refund_key);
  if (charge == nullptr || stored == nullptr || stored->state != EffectState::kInProgress) return;
  SetOrder(*charge, item);
  item.part = *stored;
  item.next = Ask::kPart;
}

}  // namespace ordersaga::payment
