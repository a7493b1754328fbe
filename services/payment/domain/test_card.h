// Test cards: addresses at card.test (a name that can never exist, RFC 2606) choose what the simulated provider does.
// "+tag" in the local part is ignored, so that every order can have an address of its own.
#pragma once

#include <optional>
#include <string>

namespace ordersaga::payment {

struct TestCard {
  enum class Kind {
    kFast,                // approves at once, without the configured latency
    kApprove,             // approves
    kDecline,             // CARD_DECLINED
    kInsufficientFunds,   // INSUFFICIENT_FUNDS
    kTimeoutThenSuccess,  // the first call charges and is never answered; the next finds the charge
    kTimeoutThenNothing,  // never answered, and nothing is charged
    kTransient,           // the first `count` calls fail without charging, then approves
    kRefundFails,         // approves; the first `count` refunds fail
    kRefundFailsForever,
  };
  Kind kind;
  int count = 0;
};

// fast, approve, decline, insufficient-funds, timeout-then-success, timeout-then-nothing, transient-N, refund-fails-N,
// refund-fails-forever @card.test; nullopt for any other address.
std::optional<TestCard> ParseTestCard(const std::string& user_email);

}  // namespace ordersaga::payment
