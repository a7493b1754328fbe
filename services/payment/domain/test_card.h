// Test cards: addresses at card.test (a name that can never exist, RFC 2606) choose what the simulated provider does.
// "+tag" in the local part is ignored, so that every order can have an address of its own
// (transient-2+order7@card.test). Any other address: approved after PAYMENT_LATENCY, or declined at
// PAYMENT_DECLINE_RATE by a draw that depends on nothing but PAYMENT_SEED and the key.
//
//   fast@card.test                  approved at once, without the latency
//   approve@card.test               approved after the latency, never declined by the draw
//   decline@card.test               declined: CARD_DECLINED
//   insufficient-funds@card.test    declined: INSUFFICIENT_FUNDS
//   timeout-then-success@card.test  the first call charges but is never answered; the next one finds the charge
//   timeout-then-nothing@card.test  never answered and never charged: the charge is made void when its budget ends
//   transient-N@card.test           the first N calls fail without charging (0 to 999), then approved
//   refund-fails-N@card.test        approved; the first N tries of a refund fail, then it succeeds
//   refund-fails-forever@card.test  approved; no refund ever succeeds: the saga parks and asks for an operator
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

  bool operator==(const TestCard&) const = default;
};

// fast, approve, decline, insufficient-funds, timeout-then-success, timeout-then-nothing, transient-N, refund-fails-N,
// refund-fails-forever @card.test; nullopt for any other address.
std::optional<TestCard> ParseTestCard(const std::string& user_email);

}  // namespace ordersaga::payment
