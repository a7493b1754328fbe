#include "services/payment/domain/simulator.h"

#include <gtest/gtest.h>

#include <future>

namespace ordersaga::payment {
namespace {

using Reply = Provider::Reply;

class SimulatorTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(timers_.Start().ok()); }

  static ChargeOrder Order(const std::string& email, const std::string& key = "key") {
    return {key, {1000, "USD"}, email};
  }
  Reply Charge(const ChargeOrder& order) {
    std::promise<Reply> reply;
    simulator_.Charge(order, [&](Reply said) { reply.set_value(std::move(said)); });
    return reply.get_future().get();
  }
  Reply Refund(const ChargeOrder& order) {
    std::promise<Reply> reply;
    simulator_.Refund(order, [&](Reply said) { reply.set_value(std::move(said)); });
    return reply.get_future().get();
  }

  SystemClock clock_;
  TimerThread timers_{clock_};
  Simulator simulator_{
      {.latency = absl::ZeroDuration(), .timeout = absl::Milliseconds(1), .decline_rate = 0.05, .seed = "s"}, timers_};
};

TEST_F(SimulatorTest, EveryTestCardDoesWhatItsNameSays) {
  EXPECT_EQ(Charge(Order("fast@card.test")).kind, Reply::Kind::kDone);
  EXPECT_EQ(Charge(Order("approve+tag@card.test")).kind, Reply::Kind::kDone);
  EXPECT_EQ(Charge(Order("decline@card.test")).reason, "CARD_DECLINED");
  EXPECT_EQ(Charge(Order("insufficient-funds@card.test")).reason, "INSUFFICIENT_FUNDS");

  const ChargeOrder late = Order("timeout-then-success@card.test", "late");
  EXPECT_EQ(Charge(late).kind, Reply::Kind::kUnknown);
  EXPECT_EQ(Refund(late).kind, Reply::Kind::kDone) << "the money had moved";
  EXPECT_EQ(Charge(late).kind, Reply::Kind::kDone);

  const ChargeOrder nothing = Order("timeout-then-nothing@card.test", "nothing");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Charge(nothing).kind, Reply::Kind::kUnknown);
  EXPECT_EQ(Refund(nothing).kind, Reply::Kind::kRefused) << "nothing to give back";

  const ChargeOrder transient = Order("transient-2@card.test", "transient");
  EXPECT_EQ(Charge(transient).kind, Reply::Kind::kUnknown);
  EXPECT_EQ(Charge(transient).kind, Reply::Kind::kUnknown);
  EXPECT_EQ(Charge(transient).kind, Reply::Kind::kDone);

  const ChargeOrder stubborn = Order("refund-fails-2@card.test", "stubborn");
  EXPECT_EQ(Charge(stubborn).kind, Reply::Kind::kDone);
  EXPECT_EQ(Refund(stubborn).kind, Reply::Kind::kUnknown);
  EXPECT_EQ(Refund(stubborn).kind, Reply::Kind::kUnknown);
  EXPECT_EQ(Refund(stubborn).kind, Reply::Kind::kDone);

  const ChargeOrder forever = Order("refund-fails-forever@card.test", "forever");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Refund(forever).kind, Reply::Kind::kUnknown);
}

TEST_F(SimulatorTest, ACardIsNamedExactly) {
  for (const char* name : {"declined@card.test", "fast@card.test.example", "transient-@card.test",
                           "transient-1x@card.test", "transient-1000@card.test", "someone@example.com"}) {
    EXPECT_EQ(ParseTestCard(name), std::nullopt) << name;
  }
}

TEST_F(SimulatorTest, TheDrawIsAFunctionOfSeedAndKey) {
  int declined = 0;
  for (int i = 0; i < 2000; ++i) {
    const ChargeOrder order = Order("you@example.com", "key-" + std::to_string(i));
    const Reply first = Charge(order);
    EXPECT_EQ(Charge(order).kind, first.kind);
    EXPECT_EQ(Refund(order).kind, first.kind) << "a declined charge leaves nothing to give back";
    declined += first.kind == Reply::Kind::kRefused ? 1 : 0;
  }
  EXPECT_GT(declined, 60);
  EXPECT_LT(declined, 140);
}

}  // namespace
}  // namespace ordersaga::payment
