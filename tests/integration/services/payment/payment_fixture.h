// Charges over a database of its own and a provider that loses what it is told to.
#pragma once

#include <optional>
#include <string>

#include "services/payment/store/charge_effects.h"
#include "services/payment/store/schema.h"
#include "tests/integration/platform/participant/calls.h"
#include "tests/integration/platform/participant/test_database.h"
#include "tests/integration/services/payment/fake_provider.h"

namespace ordersaga::payment {

using participant::Outcome;
using participant::Participant;

class PaymentTest : public testing::Test {
 protected:
  explicit PaymentTest(int lost_percent = 0) : provider_(timers_, lost_percent) {}

  void SetUp() override {
    if (!TestDatabase::there()) GTEST_SKIP() << "TEST_DATABASE_URL is not set";
    database_.emplace(PaymentMigrations());
    ASSERT_TRUE(timers_.Start().ok());
    charges_ = StartCharges();
  }
  void TearDown() override {
    timers_.Stop();  // first: no reply comes to a process that is gone
    charges_.reset();
  }

  // Another process on the same database.
  std::unique_ptr<Participant> StartCharges(std::size_t max_queue = 20'000, std::size_t max_turn = 256,
                                            participant::Patience patience = {}) {
    auto charges = std::make_unique<Participant>(
        "payment",
        participant::TurnLoopOptions{.session = database_->options(), .max_queue = max_queue, .max_turn = max_turn},
        clock_, effects_, patience);
    EXPECT_TRUE(charges->Start().ok());
    return charges;
  }

  static Outcome Charge(Participant& charges, const std::string& key, std::int64_t minor = 1000) {
    participant::ActionRequest action = Action(key);
    action.amount = minor;
    return Act(charges, action, EncodeOrder({key, {minor, "USD"}, "you@example.com"}));
  }
  static Outcome Refund(Participant& charges, const std::string& key) { return Compensate(charges, Compensation(key)); }
  static Outcome RefundAmount(Participant& charges, const std::string& key, const std::string& refund_key,
                              std::int64_t minor, const std::string& currency = "USD") {
    participant::ActionRequest action = Action(refund_key);
    action.lock_key = key;
    action.amount = minor;
    return Act(charges, action, EncodePart({{minor, currency}, "a dent"}));
  }
  // Repeats until there is an answer, as a saga does.
  template <typename Ask>
  static Outcome Insist(Ask ask) {
    while (true) {
      Outcome outcome = ask();
      if (!absl::IsUnavailable(outcome.status)) return outcome;
    }
  }

  // By its rows, and by what the charge's effect counts.
  struct Balance {
    std::int64_t charged = 0;
    std::int64_t refunded = 0;
    std::int64_t counted = 0;
    std::int64_t left() const { return charged - refunded; }
  };
  Balance LedgerOf(const std::string& key) {
    const auto number = [&](const std::string& what) {
      return std::stoll(database_->Ask("SELECT coalesce(sum(" + what));
    };
    const auto rows = [&](const std::string& kind) {
      return number("amount_minor), 0) FROM transfers WHERE kind = '" + kind + "' AND charge_key = '" + key + "'");
    };
    return {rows("charge"), rows("refund"), number("given_back), 0) FROM effects WHERE action_key = '" + key + "'")};
  }
  std::string StateOf(const std::string& key) {
    return database_->Ask("SELECT coalesce(max(state), 'unseen') FROM effects WHERE action_key = '" + key + "'");
  }

  SystemClock clock_;
  std::optional<TestDatabase> database_;
  TimerThread timers_{clock_};
  FakeProvider provider_;
  const participant::EffectStore store_{};
  ChargeEffects effects_{provider_};
  std::unique_ptr<Participant> charges_;
};

}  // namespace ordersaga::payment
