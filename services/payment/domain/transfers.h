// The money that moves when effects are settled: what the ledger gets to book. Pure.
#pragma once

#include <string>
#include <vector>

#include "platform/base/money.h"
#include "platform/participant/core/turn.h"

namespace ordersaga::payment {

// One amount from one account to another: a ledger of these balances by construction.
struct Transfer {
  // Customer to merchant, and back; what was given back by hand did not come from the merchant's account.
  enum class Kind { kCharge, kRefund, kSettlement };
  std::string charge_key;
  Kind kind = Kind::kCharge;
  std::string refund_key;  // of a partial refund
  std::string provider_id;
  Money amount;
};

// A charge is booked when it has happened, even if that is learned from its refund; a refund, and a settlement by hand,
// is of what is left then; a partial refund is of its own amount.
std::vector<Transfer> TransfersOf(const std::vector<participant::Change>& changes);

}  // namespace ordersaga::payment
