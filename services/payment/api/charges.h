// Drives charges and refunds: turns in the database, calls to the provider between them, and everybody who waits.
//
// Callers of a key whose provider call is under way join it: one call, as many equal answers as there are callers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "platform/participant/turn_loop.h"
#include "services/payment/store/payment_turn.h"

namespace ordersaga::payment {

class Charges final : public Service {
 public:
  using Done = std::function<void(const Outcome&)>;

  Charges(participant::TurnLoopOptions options, const Clock& clock, Provider& provider);

  // Starts the turns; asks the provider again about every key that was unsettled when the process ended.
  absl::Status Start() override;
  void Stop() override { loop_.Stop(); }

  void Charge(BeginCharge ask, absl::Time deadline, Done done);
  void Refund(BeginRefund ask, absl::Time deadline, Done done);

  bool healthy() const { return loop_.healthy(); }
  const participant::TurnLoop<Item>& loop() const { return loop_; }

 private:
  struct Call {
    bool refund = false;
    std::vector<Done> waiting;
  };
  void OnCommitted(Item& item);
  void OnFailed(Item& item, const absl::Status& status);
  void Join(Item& item, bool refund);
  void CallProvider(const Item& item, bool refund);
  void Finish(const std::string& key, const Outcome& outcome);

  const pg::SessionOptions session_;
  Provider& provider_;
  // Touched on the loop's thread only (handlers of turns).
  std::map<std::string, Call> calls_;
  const PaymentTurn turn_;
  participant::TurnLoop<Item> loop_;
};

}  // namespace ordersaga::payment
