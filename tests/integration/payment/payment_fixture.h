// Charges over a database of its own and a provider that loses what it is told to.
#pragma once

#include <optional>
#include <string>

#include "services/payment/api/charges.h"
#include "services/payment/store/schema.h"
#include "tests/integration/participant/calls.h"
#include "tests/integration/participant/test_database.h"
#include "tests/integration/payment/fake_provider.h"

namespace ordersaga::payment {

class PaymentTest : public testing::Test {
 protected:
  explicit PaymentTest(int lost_percent = 0) : provider_(timers_, lost_percent) {}

  void SetUp() override {
    if (!TestDatabase::there()) GTEST_SKIP() << "TEST_DATABASE_URL is not set";
    database_.emplace(MigratePayment);
    ASSERT_TRUE(timers_.Start().ok());
    charges_ = StartCharges(provider_);
  }
  void TearDown() override {
    timers_.Stop();  // first: no reply comes to a process that is gone
    charges_.reset();
  }

  // Another process on the same database.
  std::unique_ptr<Charges> StartCharges(Provider& provider) {
    auto charges =
        std::make_unique<Charges>(participant::TurnLoopOptions{.session = database_->options()}, clock_, provider);
    EXPECT_TRUE(charges->Start().ok());
    return charges;
  }

  static BeginCharge ChargeOf(const std::string& key, std::int64_t minor) {
    BeginCharge ask{Action(key), {key, {minor, "USD"}, "you@example.com"}};
    ask.request.fingerprint = EncodeOrder(ask.order);
    return ask;
  }
  static Outcome Charge(Charges& charges, const std::string& key, std::int64_t minor = 1000) {
    return Await<Outcome>(
        [&](auto done) { charges.Charge(ChargeOf(key, minor), absl::InfiniteFuture(), std::move(done)); });
  }
  static Outcome Refund(Charges& charges, const std::string& key) {
    return Await<Outcome>(
        [&](auto done) { charges.Refund({Compensation(key)}, absl::InfiniteFuture(), std::move(done)); });
  }
  static Outcome RefundAmount(Charges& charges, const std::string& key, const std::string& refund_key,
                              std::int64_t minor, const std::string& currency = "USD") {
    PartialRefund refund;
    refund.key = refund_key;
    refund.charge_key = key;
    refund.order_id = "order-1";
    refund.amount = {minor, currency};
    refund.fingerprint = key + std::to_string(minor) + currency;
    return Await<Outcome>([&](auto done) { charges.RefundAmount({refund}, absl::InfiniteFuture(), std::move(done)); });
  }
  // Repeats until there is an answer, as a saga does.
  template <typename Ask>
  static Outcome Insist(Ask ask) {
    while (true) {
      Outcome outcome = ask();
      if (!absl::IsUnavailable(outcome.status)) return outcome;
    }
  }

  Balance LedgerOf(const std::string& key) {
    pg::Session session(database_->options());
    Balance balance;
    EXPECT_TRUE(session
                    .Run([&](pg::Tx& tx) {
                      balance = ledger_.Balances(tx, {key})[key];
                      return absl::OkStatus();
                    })
                    .ok());
    return balance;
  }
  std::string StateOf(const std::string& key) {
    return database_->Ask("SELECT coalesce(max(state), 'unseen') FROM effects WHERE action_key = '" + key + "'");
  }

  SystemClock clock_;
  std::optional<TestDatabase> database_;
  TimerThread timers_{clock_};
  FakeProvider provider_;
  const Ledger ledger_;
  std::unique_ptr<Charges> charges_;
};

}  // namespace ordersaga::payment
