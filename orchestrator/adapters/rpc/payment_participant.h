// Payment as a Participant: action Charge, compensation Refund. Threads and errors: as the port
// says.
#pragma once

#include <functional>
#include <vector>

#include "orchestrator/ports/participant.h"
#include "ordersaga/payment/v1/payment.grpc.pb.h"
#include "platform/rpc/call_group.h"
#include "platform/rpc/replicas.h"

namespace ordersaga::orchestrator {

class PaymentParticipant final : public Participant {
 public:
  // `replicas` must outlive it.
  explicit PaymentParticipant(const rpc::Replicas& replicas) : replicas_(replicas) {}

  void Call(CallRequest request, std::function<void(CallReply)> done) override;
  void CallAll(std::vector<ParticipantCall> calls) override;

 private:
  void Charge(const CallRequest& request, std::function<void(CallReply)> done);
  void Refund(const CallRequest& request, std::function<void(CallReply)> done);

  const rpc::Replicas& replicas_;
  rpc::CallGroup calls_;  // last: destroyed, and so waited for, first
};

}  // namespace ordersaga::orchestrator
