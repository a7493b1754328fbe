#include "services/payment/domain/partial_refund.h"

#include <gtest/gtest.h>

namespace ordersaga::payment {
namespace {

using participant::EffectRecord;
using participant::EffectState;
using participant::ProviderReply;

EffectRecord ChargeIn(EffectState state) {
  EffectRecord charge;
  charge.action_key = "charge";
  charge.order_id = "order";
  charge.state = state;
  return charge;
}
PartialRefund Of(std::int64_t minor, const std::string& currency = "USD") {
  PartialRefund refund;
  refund.key = "part";
  refund.charge_key = "charge";
  refund.order_id = "order";
  refund.fingerprint = "f";
  refund.amount = {minor, currency};
  return refund;
}
PartDecision Judge(EffectState state, Balance balance, const PartialRefund& request) {
  const EffectRecord charge = ChargeIn(state);
  return JudgePart(&charge, "USD", balance, nullptr, nullptr, request);
}

TEST(PartialRefundTest, UpToWhatIsLeft) {
  EXPECT_EQ(Judge(EffectState::kApplied, {1000, 0}, Of(1000)).verdict, PartVerdict::kRefund);
  EXPECT_EQ(Judge(EffectState::kApplied, {1000, 400}, Of(600)).verdict, PartVerdict::kRefund);
  EXPECT_EQ(Judge(EffectState::kApplied, {1000, 400}, Of(601)).reason, "MORE_THAN_CHARGED");
  EXPECT_EQ(Judge(EffectState::kApplied, {1000, 0}, Of(1, "EUR")).reason, "CURRENCY_MISMATCH");
}

TEST(PartialRefundTest, OnlyOfAChargeThatHappenedAndStands) {
  EXPECT_EQ(Judge(EffectState::kRejected, {}, Of(1)).reason, "NOTHING_CHARGED");
  EXPECT_EQ(Judge(EffectState::kVoided, {}, Of(1)).reason, "NOTHING_CHARGED");
  EXPECT_EQ(Judge(EffectState::kReversing, {1000, 0}, Of(1)).reason, "CHARGE_REVERSED");
  EXPECT_EQ(Judge(EffectState::kReversed, {1000, 1000}, Of(1)).reason, "CHARGE_REVERSED");
  EXPECT_EQ(Judge(EffectState::kInProgress, {}, Of(1)).verdict, PartVerdict::kWait);
  EXPECT_EQ(JudgePart(nullptr, "USD", {}, nullptr, nullptr, Of(1)).verdict, PartVerdict::kUnknownCharge);
}

TEST(PartialRefundTest, OneAtATimeAndOncePerKey) {
  const EffectRecord charge = ChargeIn(EffectState::kApplied);
  PartialRefund other = Of(1);
  other.key = "other";
  EXPECT_EQ(JudgePart(&charge, "USD", {1000, 0}, nullptr, &other, Of(1)).verdict, PartVerdict::kWait);
  PartialRefund same = Of(1);
  EXPECT_EQ(JudgePart(&charge, "USD", {1000, 0}, &same, &same, Of(1)).verdict, PartVerdict::kAskAgain);
  same.state = EffectState::kApplied;
  EXPECT_EQ(JudgePart(&charge, "USD", {1000, 1}, &same, nullptr, Of(1)).verdict, PartVerdict::kAnswerStored);
  PartialRefund different = Of(2);
  different.fingerprint = "g";
  EXPECT_EQ(JudgePart(&charge, "USD", {1000, 1}, &same, nullptr, different).verdict, PartVerdict::kKeyReused);
  PartialRefund strange = Of(1);
  strange.order_id = "another";
  EXPECT_EQ(JudgePart(&charge, "USD", {1000, 0}, nullptr, nullptr, strange).verdict, PartVerdict::kKeyReused);
}

TEST(PartialRefundTest, TheProvidersWordEndsIt) {
  EXPECT_EQ(FinishPart(Of(1), {}, absl::UnixEpoch()), std::nullopt);
  const auto done = FinishPart(Of(1), {ProviderReply::Kind::kDone, "rf", "", ""}, absl::UnixEpoch());
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->state, EffectState::kApplied);
  EXPECT_EQ(FinishPart(*done, {ProviderReply::Kind::kRefused, "", "NO", ""}, absl::UnixEpoch()), std::nullopt);
  const auto refused = FinishPart(Of(1), {ProviderReply::Kind::kRefused, "", "", ""}, absl::UnixEpoch());
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->reason, participant::kRefusedWithoutReason);
}

}  // namespace
}  // namespace ordersaga::payment
