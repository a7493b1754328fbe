// Random charges, refunds, partial refunds and repeats from many threads, through two processes that are replaced while
// the old ones linger, over a provider that loses a third of all answers and a database whose connections are cut.
#include <random>

#include "tests/integration/services/payment/payment_fixture.h"

namespace ordersaga::payment {
namespace {

class PaymentInterleavingsTest : public PaymentTest {
 protected:
  PaymentInterleavingsTest() : PaymentTest(/*lost_percent=*/30) {}

  static constexpr int kKeys = 24;
  static std::string Key(int number) { return "key-" + std::to_string(number); }

  // The worst kind of restart: the new process resumes what the old one still has under way.
  struct Process {
    absl::Mutex mu;
    std::shared_ptr<Participant> charges ABSL_GUARDED_BY(mu);
    std::vector<std::shared_ptr<Participant>> old ABSL_GUARDED_BY(mu);

    std::shared_ptr<Participant> get() {
      absl::MutexLock lock(&mu);
      return charges;
    }
  };
  void Restart(Process& process) {
    std::shared_ptr<Participant> fresh = StartCharges();
    absl::MutexLock lock(&process.mu);
    if (process.charges != nullptr) process.old.push_back(process.charges);
    process.charges = std::move(fresh);
  }

  void DoSomething(std::mt19937& random) {
    const int number = static_cast<int>(random() % kKeys);
    const bool spared = number % 2 == 0;  // never compensated
    const std::shared_ptr<Participant> charges = processes_[random() % 2].get();
    switch (random() % 5) {
      case 0:
        if (spared) return;
        compensated_[static_cast<std::size_t>(number)] = true;
        Refund(*charges, Key(number));
        return;
      case 1:
        RefundAmount(*charges, Key(number), Key(number) + "/part-" + std::to_string(random() % 3), 400);
        return;
      default:
        Charge(*charges, Key(number));
    }
  }

  Process processes_[2];
  std::array<std::atomic<bool>, kKeys> compensated_{};
};

TEST_F(PaymentInterleavingsTest, LedgerAndProviderAgreeAndNothingCompensatedStaysCharged) {
  Restart(processes_[0]);
  Restart(processes_[1]);
  std::atomic<bool> ended{false};
  std::thread saboteur([&] {
    std::mt19937 random(3);
    while (!ended) {
      database_->CutConnections();
      for (int i = 0; i < static_cast<int>(random() % 60) && !ended; ++i) database_->Ask("SELECT 1");
      if (random() % 3 == 0) Restart(processes_[random() % 2]);
    }
  });
  std::atomic<unsigned> seeds{100};
  AskAtOnce(12, [&] {
    std::mt19937 random(++seeds);
    for (int i = 0; i < 50; ++i) DoSomething(random);
    return 0;
  });
  ended = true;
  saboteur.join();

  // Everything settles once somebody asks again.
  for (int number = 0; number < kKeys; ++number) {
    const std::string key = Key(number);
    Insist([&] { return Charge(*charges_, key); });
    for (int part = 0; part < 3; ++part) {
      Insist([&] { return RefundAmount(*charges_, key, key + "/part-" + std::to_string(part), 400); });
    }
    if (compensated_[static_cast<std::size_t>(number)]) Insist([&] { return Refund(*charges_, key); });

    const FakeProvider::Account account = provider_.account(key);
    const Balance ledger = LedgerOf(key);
    EXPECT_LE(account.refunded, account.charged) << key;
    EXPECT_EQ(ledger.charged, account.charged) << key << ' ' << StateOf(key);
    EXPECT_EQ(ledger.refunded, account.refunded) << key << ' ' << StateOf(key);
    EXPECT_EQ(ledger.counted, account.refunded) << key << ' ' << StateOf(key);
    if (compensated_[static_cast<std::size_t>(number)]) {
      EXPECT_EQ(ledger.left(), 0) << key << ' ' << StateOf(key);
    } else {
      EXPECT_EQ(ledger.refunded, 800) << "two of three parts of 400 fit into 1000: " << key;
    }
  }
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM effects WHERE state IN ('in_progress', 'reversing')"), "0");
}

}  // namespace
}  // namespace ordersaga::payment
