// A provider that keeps its word per key and nothing else: replies come late, get lost, or never come, though the money
// may have moved. Knows at any time what it has taken and given back.
#pragma once

#include <map>
#include <random>
#include <set>
#include <string>

#include "absl/synchronization/mutex.h"
#include "platform/runtime/timer_thread.h"
#include "services/payment/domain/provider.h"

namespace ordersaga::payment {

// Thread-safe. Shared by several services: it is the outside world.
class FakeProvider final : public Provider {
 public:
  struct Account {
    std::int64_t charged = 0;
    std::int64_t refunded = 0;
    bool barred = false;
    int charge_calls = 0;
  };

  // `lost_percent` of all replies are kUnknown, half of those after the money has moved.
  FakeProvider(TimerThread& timers, int lost_percent) : timers_(timers), lost_percent_(lost_percent) {}

  // The next reply is lost, after the money has moved.
  void LoseNextReply() {
    absl::MutexLock lock(&mu_);
    lose_next_ = true;
  }

  void Charge(const ChargeOrder& order, Done done) override {
    absl::MutexLock lock(&mu_);
    ++accounts_[order.key].charge_calls;
    Answer(std::move(done), [&]() -> Provider::Reply {
      mu_.AssertHeld();
      Account& account = accounts_[order.key];
      if (account.barred) return {Reply::Kind::kRefused, "", "BARRED", "barred"};
      account.charged = order.amount.minor;
      return {Reply::Kind::kDone, "ch_" + order.key, "", ""};
    });
  }
  void Refund(const ChargeOrder& order, Done done) override {
    absl::MutexLock lock(&mu_);
    Answer(std::move(done), [&]() -> Provider::Reply {
      mu_.AssertHeld();
      Account& account = accounts_[order.key];
      account.barred = true;
      if (account.charged == 0) return {Reply::Kind::kRefused, "", "", ""};
      account.refunded = account.charged;
      return {Reply::Kind::kDone, "rf_" + order.key, "", ""};
    });
  }
  void RefundAmount(const ChargeOrder& order, const std::string& refund_key, const Money& amount, Done done) override {
    absl::MutexLock lock(&mu_);
    Answer(std::move(done), [&]() -> Provider::Reply {
      mu_.AssertHeld();
      if (parts_.insert(refund_key).second) accounts_[order.key].refunded += amount.minor;
      return {Reply::Kind::kDone, "rf_" + refund_key, "", ""};
    });
  }

  Account account(const std::string& key) const {
    absl::MutexLock lock(&mu_);
    const auto found = accounts_.find(key);
    return found == accounts_.end() ? Account{} : found->second;
  }

 private:
  template <typename Act>
  void Answer(Done done, Act act) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const bool lost = static_cast<int>(random_() % 100) < lost_percent_;
    Provider::Reply reply;
    if (!lost || random_() % 2 == 0) reply = act();
    if (std::exchange(lose_next_, false) || lost) reply = {};
    timers_.After(absl::Milliseconds(static_cast<int>(random_() % 8)),
                  [done = std::move(done), reply = std::move(reply)] { done(reply); });
  }

  TimerThread& timers_;
  const int lost_percent_;
  mutable absl::Mutex mu_;
  bool lose_next_ ABSL_GUARDED_BY(mu_) = false;
  std::mt19937 random_ ABSL_GUARDED_BY(mu_){11};
  std::map<std::string, Account> accounts_ ABSL_GUARDED_BY(mu_);
  std::set<std::string> parts_ ABSL_GUARDED_BY(mu_);
};

}  // namespace ordersaga::payment
