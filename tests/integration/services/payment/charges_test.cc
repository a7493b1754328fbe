// Charges and refunds against PostgreSQL, one thing after the other and fifty at once.
#include "tests/integration/services/payment/payment_fixture.h"

namespace ordersaga::payment {
namespace {

TEST_F(PaymentTest, FiftyThreadsWithOneKeyMakeOneChargeAndGetOneAnswer) {
  const auto outcomes = AskAtOnce(50, [this] { return Charge(*charges_, "key"); });
  for (const Outcome& outcome : outcomes) {
    ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
    EXPECT_EQ(outcome.action, outcomes.front().action);
  }
  EXPECT_TRUE(outcomes.front().action.applied);
  EXPECT_EQ(provider_.account("key").charge_calls, 1);
  EXPECT_EQ(LedgerOf("key").charged, 1000);
}

TEST_F(PaymentTest, FiftyThreadsRefundOnce) {
  ASSERT_TRUE(Charge(*charges_, "key").action.applied);
  const auto outcomes = AskAtOnce(50, [this] { return Refund(*charges_, "key"); });
  for (const Outcome& outcome : outcomes) {
    ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
    EXPECT_TRUE(outcome.undone);
    EXPECT_EQ(DecodeOrder(outcome.record).amount, (Money{1000, "USD"}));
    EXPECT_EQ(outcome.record.undo_answer, outcomes.front().record.undo_answer);
  }
  EXPECT_EQ(LedgerOf("key").refunded, 1000);
}

TEST_F(PaymentTest, ARefundBeforeItsChargeBarsIt) {
  EXPECT_FALSE(Refund(*charges_, "key").undone);
  const Outcome late = Charge(*charges_, "key");
  EXPECT_FALSE(late.action.applied);
  EXPECT_EQ(late.action.reason, participant::kCompensated);
  EXPECT_EQ(provider_.account("key").charge_calls, 0);
}

TEST_F(PaymentTest, ARefundOfAnotherOrdersChargeIsRefused) {
  ASSERT_TRUE(Charge(*charges_, "key").action.applied);
  const Outcome outcome = Compensate(*charges_, Compensation("key", "order-2"));
  EXPECT_TRUE(absl::IsFailedPrecondition(outcome.status));
  EXPECT_EQ(StateOf("key"), "applied");
}

TEST_F(PaymentTest, ARefundWhileTheChargeIsUnderWayLeavesNothingCharged) {
  for (int i = 0; i < 30; ++i) {
    const std::string key = "key-" + std::to_string(i);
    std::thread charging([&] { Charge(*charges_, key); });
    const Outcome refunded = Insist([&] { return Refund(*charges_, key); });
    charging.join();
    EXPECT_TRUE(refunded.status.ok());
    const FakeProvider::Account account = provider_.account(key);
    EXPECT_EQ(account.charged, account.refunded) << key;
    EXPECT_EQ(LedgerOf(key).left(), 0) << key;
  }
}

TEST_F(PaymentTest, PartsCanBeGivenBackButNeverMoreThanWasCharged) {
  ASSERT_TRUE(Charge(*charges_, "key", 1000).action.applied);
  EXPECT_TRUE(RefundAmount(*charges_, "key", "part-1", 300).action.applied);
  EXPECT_TRUE(RefundAmount(*charges_, "key", "part-1", 300).action.applied) << "a repeat";
  EXPECT_EQ(LedgerOf("key").refunded, 300);
  EXPECT_EQ(RefundAmount(*charges_, "key", "part-2", 701).action.reason, "MORE_THAN_CHARGED");
  EXPECT_EQ(RefundAmount(*charges_, "key", "part-3", 100, "EUR").action.reason, "CURRENCY_MISMATCH");
  EXPECT_TRUE(RefundAmount(*charges_, "key", "part-4", 700).action.applied);
  EXPECT_EQ(LedgerOf("key").left(), 0);
  EXPECT_EQ(RefundAmount(*charges_, "key", "part-5", 1).action.reason, "MORE_THAN_CHARGED");
  EXPECT_TRUE(absl::IsFailedPrecondition(RefundAmount(*charges_, "key", "part-1", 299).status));
  EXPECT_TRUE(absl::IsNotFound(RefundAmount(*charges_, "no such", "part-6", 1).status));
}

TEST_F(PaymentTest, ACompensationAfterPartialRefundsLeavesNothingCharged) {
  ASSERT_TRUE(Charge(*charges_, "key", 1000).action.applied);
  ASSERT_TRUE(RefundAmount(*charges_, "key", "part", 300).action.applied);
  const Outcome outcome = Refund(*charges_, "key");
  EXPECT_TRUE(outcome.undone);
  EXPECT_EQ(outcome.record.given_back, 1000) << "all that has gone back";
  EXPECT_EQ(LedgerOf("key").left(), 0);
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM transfers"), "3");
  EXPECT_EQ(provider_.account("key").refunded, 1000);
  EXPECT_EQ(RefundAmount(*charges_, "key", "later", 1).action.reason, "CHARGE_REVERSED");
}

TEST_F(PaymentTest, FiftyThreadsGiveBackAtMostWhatWasCharged) {
  ASSERT_TRUE(Charge(*charges_, "key", 1000).action.applied);
  std::atomic<int> numbers{0};
  const auto outcomes = AskAtOnce(50, [&] {
    const std::string refund_key = "part-" + std::to_string(++numbers);
    return Insist([&] { return RefundAmount(*charges_, "key", refund_key, 90); });
  });
  EXPECT_EQ(std::count_if(outcomes.begin(), outcomes.end(), [](auto& o) { return o.action.applied; }), 11);
  EXPECT_EQ(LedgerOf("key").refunded, 990);
  EXPECT_EQ(LedgerOf("key").counted, 990);
  EXPECT_EQ(provider_.account("key").refunded, 990);
}

TEST_F(PaymentTest, TheDatabaseItselfRefusesToGiveBackMoreThanWasCharged) {
  ASSERT_TRUE(Charge(*charges_, "key", 1000).action.applied);
  participant::EffectRecord record;
  pg::PqxxSession reading(database_->options());
  ASSERT_TRUE(reading
                  .Run([&](pg::PqxxTx& tx) {
                    record = *store_.Get(tx, "key");
                    return absl::OkStatus();
                  })
                  .ok());
  pg::Session session(database_->options());
  const auto give_back = [&](std::int64_t minor) {
    return session.Run([&](pg::Tx& tx) {
      participant::EffectRecord after = record;
      after.given_back = minor;
      store_.Update(tx, {{&record, after}});
      return absl::OkStatus();
    });
  };
  EXPECT_EQ(pg::FailureOf(give_back(1001)), pg::PgFailure::kBadRow);
  EXPECT_EQ(LedgerOf("key").counted, 0);
  EXPECT_TRUE(give_back(1000).ok());
}

TEST_F(PaymentTest, TheLedgerItselfRefusesToBookTwice) {
  ASSERT_TRUE(Charge(*charges_, "key", 1000).action.applied);
  pg::Session session(database_->options());
  const absl::Status status = session.Run([&](pg::Tx& tx) {
    Ledger().Post(tx, {{"key", Transfer::Kind::kCharge, "", "ch", {1000, "USD"}}});
    return absl::OkStatus();
  });
  EXPECT_EQ(pg::FailureOf(status), pg::PgFailure::kBadRow);
}

TEST_F(PaymentTest, APartIsNotUndoneByItself) {
  ASSERT_TRUE(Charge(*charges_, "key", 1000).action.applied);
  ASSERT_TRUE(RefundAmount(*charges_, "key", "part", 300).action.applied);
  EXPECT_TRUE(absl::IsFailedPrecondition(Refund(*charges_, "part").status));
  EXPECT_TRUE(absl::IsFailedPrecondition(RefundAmount(*charges_, "part", "part of a part", 1).status));
  EXPECT_EQ(LedgerOf("key").refunded, 300);
}

TEST_F(PaymentTest, APartialRefundThatNobodyAsksAboutAnyMoreIsBookedAllTheSame) {
  const auto charges = StartCharges(20'000, 256, {.first = absl::Milliseconds(50), .longest = absl::Milliseconds(50)});
  ASSERT_TRUE(Charge(*charges, "key", 1000).action.applied);
  provider_.LoseNextReply();
  EXPECT_TRUE(absl::IsUnavailable(RefundAmount(*charges, "key", "part", 300).status));
  EXPECT_EQ(provider_.account("key").refunded, 300) << "and its caller has gone";
  database_->Await("SELECT state FROM effects WHERE action_key = 'part'", "applied");
  EXPECT_EQ(LedgerOf("key").refunded, 300);
  EXPECT_EQ(LedgerOf("key").counted, 300);
  EXPECT_EQ(provider_.account("key").refunded, 300);
}

TEST_F(PaymentTest, AFullQueueRefusesCallersButNeverAProvidersAnswer) {
  const std::unique_ptr<Participant> tiny = StartCharges(/*max_queue=*/1, /*max_turn=*/1);
  const auto outcomes = AskAtOnce(50, [&] {
    static std::atomic<int> numbers{0};
    return Charge(*tiny, "key-" + std::to_string(++numbers));
  });
  int applied = 0;
  for (const Outcome& outcome : outcomes) {
    ASSERT_TRUE(outcome.status.ok() || absl::IsResourceExhausted(outcome.status)) << outcome.status.ToString();
    applied += outcome.status.ok() ? 1 : 0;
  }
  EXPECT_GT(applied, 0);
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM effects WHERE state = 'applied'"), std::to_string(applied));
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM effects WHERE state = 'in_progress'"), "0");
}

}  // namespace
}  // namespace ordersaga::payment
