// Loyalty as a Participant of the orchestrator: action Grant, compensation Return. Threads and errors: as the port
// says.
#pragma once

#include <vector>

#include "orchestrator/adapters/rpc/rpc_participant.h"

namespace ordersaga::loyalty {

class LoyaltyParticipant final : public orchestrator::RpcParticipant {
 public:
  using RpcParticipant::RpcParticipant;

  void Call(std::vector<orchestrator::ParticipantCall> calls) override;

 private:
  void Grant(orchestrator::ParticipantCall call);
  void Return(orchestrator::ParticipantCall call);
};

}  // namespace ordersaga::loyalty
