#include "services/payment/domain/transfers.h"

#include <gtest/gtest.h>

#include "services/payment/domain/charge_order.h"

namespace ordersaga::payment {
namespace {

using participant::EffectRecord;
using participant::EffectState;

EffectRecord Charge(EffectState state, std::int64_t given_back = 0) {
  EffectRecord charge;
  charge.action_key = "charge";
  charge.state = state;
  charge.request = EncodeOrder({"charge", {1000, "USD"}, "you@example.com"});
  charge.amount = 1000;
  charge.given_back = given_back;
  if (state != EffectState::kInProgress) charge.settled = participant::Applied("ch");
  if (state == EffectState::kReversed) charge.undo_answer = "rf";
  return charge;
}
// One line for each transfer.
std::string Booked(const EffectRecord& before, const EffectRecord& after) {
  std::string lines;
  for (const Transfer& transfer : TransfersOf({{&before, after}})) {
    lines += (transfer.kind == Transfer::Kind::kCharge ? "charge " : "refund ") + transfer.charge_key + " " +
             transfer.refund_key + " " + transfer.provider_id + " " + std::to_string(transfer.amount.minor) + "\n";
  }
  return lines;
}

TEST(TransfersTest, AChargeIsBookedWhenItHasHappened) {
  EXPECT_EQ(Booked(Charge(EffectState::kInProgress), Charge(EffectState::kApplied)), "charge charge  ch 1000\n");
  EXPECT_EQ(Booked(Charge(EffectState::kInProgress), Charge(EffectState::kReversing)), "charge charge  ch 1000\n");
  EXPECT_EQ(Booked(Charge(EffectState::kApplied), Charge(EffectState::kReversing)), "");
}

TEST(TransfersTest, ARefundIsOfWhatIsLeft) {
  EXPECT_EQ(Booked(Charge(EffectState::kReversing), Charge(EffectState::kReversed, 1000)), "refund charge  rf 1000\n");
  EXPECT_EQ(Booked(Charge(EffectState::kReversing, 400), Charge(EffectState::kReversed, 1000)),
            "refund charge  rf 600\n");
  EXPECT_EQ(Booked(Charge(EffectState::kReversing, 1000), Charge(EffectState::kReversed, 1000)), "");
}

TEST(TransfersTest, AChargeThatItsRefundFoundIsBookedThen) {
  EffectRecord before = Charge(EffectState::kReversing);
  before.settled = participant::Rejected(participant::kCompensated, "");
  EffectRecord after = Charge(EffectState::kReversed, 1000);
  after.settled = before.settled;
  EXPECT_EQ(Booked(before, after), "charge charge  rf 1000\nrefund charge  rf 1000\n");
  after.state = EffectState::kVoided;
  EXPECT_EQ(Booked(before, after), "") << "nothing had been charged";
}

TEST(TransfersTest, APartIsBookedUnderItsOwnKeyAndItsWholeOnlyCounts) {
  EffectRecord before;
  before.action_key = "part";
  before.lock_key = "charge";
  before.request = EncodePart({{300, "USD"}, ""});
  before.amount = 300;
  EffectRecord after = before;
  Settle(after, participant::Applied("rf"));
  EXPECT_EQ(Booked(before, after), "refund charge part rf 300\n");
  EXPECT_EQ(Booked(Charge(EffectState::kApplied), Charge(EffectState::kApplied, 300)), "");
}

}  // namespace
}  // namespace ordersaga::payment
