// Drives charges and refunds: turns in the database, calls to the provider between them, and everybody who waits.
//
// Callers of a key whose provider call is under way join it: one call, as many equal answers as there are callers. The
// provider is asked one thing at a time about a charge.
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

  // `done` is called once, on the loop's thread, or at once on the caller's if the service is too busy.
  void Charge(BeginCharge ask, absl::Time deadline, Done done);
  void Refund(BeginRefund ask, absl::Time deadline, Done done);
  void RefundAmount(BeginPart ask, absl::Time deadline, Done done);

  const participant::TurnLoop<Item>& loop() const { return loop_; }

 private:
  struct Call {
    Ask ask = Ask::kNothing;
    std::string refund_key;  // of a partial refund
    std::vector<Done> waiting;
  };
  void OnCommitted(Item& item);
  void OnFailed(Item& item, const absl::Status& status);
  void Join(Item& item);
  void CallProvider(const Item& item);
  void Finish(const std::string& key, const Outcome& outcome);

  const pg::SessionOptions session_;
  Provider& provider_;
  // By charge key. Touched on the loop's thread only (handlers of turns).
  std::map<std::string, Call> calls_;
  const PaymentTurn turn_;
  participant::TurnLoop<Item> loop_;
};

}  // namespace ordersaga::payment
