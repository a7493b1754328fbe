// The simulated provider: waits as long as a real one would, declines one in so many, and obeys the test cards.
//
// What it answers is a function of (seed, key), so that asking again after a restart gives the same answer; that is how
// it "remembers" its charges without a store. Only how often a key has been asked is counted, in memory: after a
// restart a test card's failures begin anew, and still end.
#pragma once

#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "platform/runtime/timer_thread.h"
#include "services/payment/domain/provider.h"
#include "services/payment/domain/test_card.h"

namespace ordersaga::payment {

struct SimulatorOptions {
  absl::Duration latency = absl::Seconds(2);
  absl::Duration timeout = absl::Seconds(8);  // after which a call without an answer counts as unknown
  double decline_rate = 0.05;
  std::string seed = "ordersaga";
};

// Thread-safe. One timer thread serves any number of calls under way.
class Simulator final : public Provider {
 public:
  Simulator(SimulatorOptions options, TimerThread& timers) : options_(std::move(options)), timers_(timers) {}

  void Charge(const ChargeOrder& order, Done done) override;
  void Refund(const ChargeOrder& order, Done done) override;
  void RefundAmount(const ChargeOrder& order, const std::string& refund_key, const Money& amount, Done done) override;

 private:
  Reply Decide(const ChargeOrder& order, int call) const;
  bool RefundFails(const ChargeOrder& order, const std::string& counted_as);
  int CountCall(const std::string& key);

  const SimulatorOptions options_;
  TimerThread& timers_;
  absl::Mutex mu_;
  std::map<std::string, int> calls_ ABSL_GUARDED_BY(mu_);  // of test cards that count, by key and kind
};

}  // namespace ordersaga::payment
