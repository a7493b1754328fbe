// Payment as a Participant: action Charge, compensation Refund. Threads and errors: as the port
// says.
#pragma once

#include <functional>
#include <vector>

#include "orchestrator/adapters/rpc/rpc_participant.h"
#include "ordersaga/payment/v1/payment.grpc.pb.h"

namespace ordersaga::orchestrator {

class PaymentParticipant final : public RpcParticipant {
 public:
  using RpcParticipant::RpcParticipant;

  void Call(std::vector<ParticipantCall> calls) override;

 private:
  void CallOne(ParticipantCall call);
  void Charge(const CallRequest& request, std::function<void(CallReply)> done);
  void Refund(const CallRequest& request, std::function<void(CallReply)> done);
};

}  // namespace ordersaga::orchestrator
