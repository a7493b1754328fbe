#include "services/payment/store/charge_effects.h"

#include <stdexcept>

#include "platform/runtime/log.h"
#include "services/payment/domain/transfers.h"

namespace ordersaga::payment {

using participant::Ask;

void ChargeEffects::Do(const Ask& ask, Done done) {
  if (ask.record.lock_key.has_value()) {
    if (!ask.whole.has_value()) throw std::runtime_error("a partial refund without its charge");
    return provider_.RefundAmount(DecodeOrder(*ask.whole), ask.record.action_key, DecodePart(ask.record).amount,
                                  std::move(done));
  }
  const ChargeOrder order = DecodeOrder(ask.record);
  LogInfo("payment processing", {{"order_id", ask.record.order_id}});
  provider_.Charge(order, std::move(done));
}

void ChargeEffects::Undo(const Ask& ask, Done done) {
  provider_.Refund(DecodeOrder(ask.record), std::move(done));
}

absl::Status ChargeEffects::Book(pg::Tx& tx, const std::vector<participant::Change>& changes) {
  ledger_.Post(tx, TransfersOf(changes));
  return absl::OkStatus();
}

std::optional<participant::ActionAnswer> ChargeEffects::Refuse(const participant::EffectRecord& record,
                                                               const participant::EffectRecord* whole) const {
  return whole == nullptr ? std::nullopt : RefusePart(record, *whole);
}

void ChargeEffects::Settled(Ask::What what, const participant::Outcome& outcome) const {
  const auto& [applied, reason, message, answer] = outcome.action;
  const std::string& order_id = outcome.record.order_id;
  if (what == Ask::What::kUndo) {
    if (outcome.undone) LogInfo("refund done", {{"order_id", order_id}, {"refund_id", outcome.record.undo_answer}});
  } else if (outcome.record.lock_key.has_value()) {
    LogInfo(applied ? "partial refund done" : "partial refund refused",
            {{"order_id", order_id}, {"refund_id", answer}, {"reason", reason}});
  } else {
    LogInfo(applied ? "payment successful" : "payment failed",
            {{"order_id", order_id}, {"charge_id", answer}, {"reason", reason}});
  }
}

}  // namespace ordersaga::payment
