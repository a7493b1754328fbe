// What one turn of payment reads once and writes once. Internal to the turn.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "platform/base/error.h"
#include "services/payment/store/payment_turn.h"

namespace ordersaga::payment {

struct PaymentTurn::Work {
  participant::EffectStore::Records records;
  absl::Time now;
  std::map<std::string, PartialRefund> refunds;  // by their own keys
  std::map<std::string, Balance> balances;       // by charge key

  std::vector<participant::EffectRecord> inserts;
  std::vector<participant::EffectRecord> updates;
  std::vector<PartialRefund> refund_inserts;
  std::vector<PartialRefund> refund_updates;
  std::vector<Transfer> transfers;
  bool tombstones = false;

  const participant::EffectRecord* Find(const std::string& key) const {
    const auto found = records.find(key);
    return found == records.end() ? nullptr : &found->second;
  }
  const PartialRefund* FindRefund(const std::string& key) const {
    const auto found = refunds.find(key);
    return found == refunds.end() ? nullptr : &found->second;
  }
  const PartialRefund* UnderWay(const std::string& charge_key) const {
    for (const auto& [key, refund] : refunds) {
      if (refund.charge_key == charge_key && refund.state == participant::EffectState::kInProgress) return &refund;
    }
    return nullptr;
  }
};

inline absl::Status ComeBack(const char* message) {
  return TryAgain(absl::StatusCode::kUnavailable, "IN_PROGRESS", message, absl::Milliseconds(300));
}
inline absl::Status KeyReused() {
  return MakeError(absl::StatusCode::kFailedPrecondition, participant::kKeyReused,
                   "idempotency_key was used before with another request");
}
// A row that this process wrote a moment ago and that nothing ever deletes is not there.
inline absl::Status Vanished() {
  return MakeError(absl::StatusCode::kInternal, "INVARIANT_BROKEN", "the charge's row has vanished");
}

inline void SetOrder(const participant::EffectRecord& record, Item& item) {
  item.order = DecodeOrder(record);
  item.order_id = record.order_id;
}
inline void AskProvider(Ask ask, Item& item) {
  item.answered = false;
  item.next = ask;
}

}  // namespace ordersaga::payment
