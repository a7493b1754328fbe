// Payment as a Participant: action Charge, compensation Refund. Threads and errors: as the port
// says.
#pragma once

#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <vector>

#include "orchestrator/ports/participant.h"
#include "ordersaga/payment/v1/payment.grpc.pb.h"
#include "platform/rpc/call_group.h"

namespace ordersaga::orchestrator {

class PaymentParticipant final : public Participant {
 public:
  explicit PaymentParticipant(const std::shared_ptr<grpc::Channel>& channel);

  void Call(CallRequest request, std::function<void(CallReply)> done) override;
  void CallAll(std::vector<ParticipantCall> calls) override;

 private:
  void Charge(const CallRequest& request, std::function<void(CallReply)> done);
  void Refund(const CallRequest& request, std::function<void(CallReply)> done);

  const std::unique_ptr<payment::v1::PaymentService::Stub> payment_;
  const std::unique_ptr<payment::v1::RefundService::Stub> refund_;
  rpc::CallGroup calls_;  // last: destroyed, and so waited for, first
};

}  // namespace ordersaga::orchestrator
