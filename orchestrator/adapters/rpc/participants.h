// All participants behind one: hands each call to the one it names. Does not own them; they must
// outlive it.
#pragma once

#include <functional>
#include <utility>

#include "orchestrator/ports/participant.h"

namespace ordersaga::orchestrator {

class Participants final : public Participant {
 public:
  Participants(Participant& payment, Participant& inventory, Participant& notification)
      : payment_(payment), inventory_(inventory), notification_(notification) {}

  void Call(CallRequest request, std::function<void(CallReply)> done) override {
    Participant& participant = Of(request.participant);
    participant.Call(std::move(request), std::move(done));
  }

 private:
  Participant& Of(StepId id) {
    switch (id) {
      case StepId::kPayment:
        return payment_;
      case StepId::kInventory:
        return inventory_;
      case StepId::kNotification:
        break;
    }
    return notification_;
  }

  Participant& payment_;
  Participant& inventory_;
  Participant& notification_;
};

}  // namespace ordersaga::orchestrator
