#include "services/payment/domain/transfers.h"

#include "services/payment/domain/charge_order.h"

namespace ordersaga::payment {
namespace {

using participant::EffectRecord;
using participant::EffectState;

void AddPart(const EffectRecord& part, std::vector<Transfer>& transfers) {
  transfers.push_back(
      {*part.lock_key, Transfer::Kind::kRefund, part.action_key, part.settled->answer, DecodePart(part).amount});
}

void AddCharge(const EffectRecord& before, const EffectRecord& charge, std::vector<Transfer>& transfers) {
  const bool booked = Happened(before);
  const Money amount = DecodeOrder(charge).amount;
  const bool settled = charge.state == EffectState::kSettled;
  const bool given_back = charge.state == EffectState::kReversed || settled;
  // One that nobody here had heard of when it was refunded has no id of its own.
  const bool known = charge.settled.has_value() && charge.settled->applied;
  if (!booked) {
    transfers.push_back(
        {charge.action_key, Transfer::Kind::kCharge, "", known ? charge.settled->answer : charge.undo_answer, amount});
  }
  const std::int64_t left = charge.given_back - before.given_back;
  if (!given_back || left == 0) return;
  transfers.push_back({charge.action_key,
                       settled ? Transfer::Kind::kSettlement : Transfer::Kind::kRefund,
                       "",
                       charge.undo_answer,
                       {left, amount.currency}});
}

}  // namespace

std::vector<Transfer> TransfersOf(const std::vector<participant::Change>& changes) {
  std::vector<Transfer> transfers;
  for (const participant::Change& change : changes) {
    if (!Happened(change.after) || change.before->state == change.after.state) continue;
    if (!change.after.lock_key.has_value()) {
      AddCharge(*change.before, change.after, transfers);
    } else if (!Happened(*change.before)) {
      AddPart(change.after, transfers);
    }
  }
  return transfers;
}

}  // namespace ordersaga::payment
