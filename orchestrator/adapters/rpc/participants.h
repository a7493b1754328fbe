// All participants behind one: hands each call to the one it names. Does not own them; they must
// outlive it.
#pragma once

#include <functional>
#include <map>
#include <utility>
#include <vector>

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

  void CallAll(std::vector<ParticipantCall> calls) override {
    std::map<Participant*, std::vector<ParticipantCall>> by_participant;
    for (ParticipantCall& call : calls) by_participant[&Of(call.request.participant)].push_back(std::move(call));
    for (auto& [participant, its] : by_participant) participant->CallAll(std::move(its));
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
