#include "services/payment/domain/charge_order.h"

#include <gtest/gtest.h>

namespace ordersaga::payment {
namespace {

using participant::EffectRecord;
using participant::EffectState;

EffectRecord ChargeIn(EffectState state, std::int64_t charged = 1000, std::int64_t given_back = 0) {
  EffectRecord charge;
  charge.action_key = "charge";
  charge.state = state;
  charge.request = EncodeOrder({"charge", {charged, "USD"}, "you@example.com"});
  charge.amount = charged;
  charge.given_back = given_back;
  return charge;
}
std::string Refusal(const EffectRecord& charge, std::int64_t minor, const std::string& currency = "USD") {
  EffectRecord part;
  part.action_key = "part";
  part.lock_key = "charge";
  part.request = EncodePart({{minor, currency}, "a dent"});
  part.amount = minor;
  const auto answer = RefusePart(part, charge);
  return answer.has_value() ? answer->reason : "";
}

TEST(ChargeOrderTest, TheStoredFormNeverChanges) {
  EffectRecord record = ChargeIn(EffectState::kApplied);
  EXPECT_EQ(record.request, R"({"amount_minor":1000,"currency":"USD","user_email":"you@example.com"})");
  const ChargeOrder order = DecodeOrder(record);
  EXPECT_EQ(order.key, "charge");
  EXPECT_EQ(order.amount, (Money{1000, "USD"}));
  EXPECT_EQ(order.user_email, "you@example.com");
  record.request = EncodePart({{300, "USD"}, "a \"dent\""});
  EXPECT_EQ(record.request, R"({"amount_minor":300,"currency":"USD","note":"a \"dent\""})");
  EXPECT_EQ(DecodePart(record).note, "a \"dent\"");
}

TEST(ChargeOrderTest, APartIsUpToWhatIsLeft) {
  EXPECT_EQ(Refusal(ChargeIn(EffectState::kApplied), 1000), "");
  EXPECT_EQ(Refusal(ChargeIn(EffectState::kApplied, 1000, 400), 600), "");
  EXPECT_EQ(Refusal(ChargeIn(EffectState::kApplied, 1000, 400), 601), "MORE_THAN_CHARGED");
  EXPECT_EQ(Refusal(ChargeIn(EffectState::kApplied), 1, "EUR"), "CURRENCY_MISMATCH");
}

TEST(ChargeOrderTest, APartIsOnlyOfAChargeThatHappenedAndStands) {
  EXPECT_EQ(Refusal(ChargeIn(EffectState::kRejected), 1), "NOTHING_CHARGED");
  EXPECT_EQ(Refusal(ChargeIn(EffectState::kVoided), 1), "NOTHING_CHARGED");
  EXPECT_EQ(Refusal(ChargeIn(EffectState::kReversing), 1), "CHARGE_REVERSED");
  EXPECT_EQ(Refusal(ChargeIn(EffectState::kReversed, 1000, 1000), 1), "CHARGE_REVERSED");
}

}  // namespace
}  // namespace ordersaga::payment
