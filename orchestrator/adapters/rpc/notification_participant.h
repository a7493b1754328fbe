// Notification as a Participant: action Notify; there is no compensation. Threads and errors: as
// the port says.
#pragma once

#include <functional>
#include <vector>

#include "orchestrator/adapters/rpc/rpc_participant.h"
#include "ordersaga/notification/v1/notification.grpc.pb.h"

namespace ordersaga::orchestrator {

class NotificationParticipant final : public RpcParticipant {
 public:
  using RpcParticipant::RpcParticipant;

  void Call(std::vector<ParticipantCall> calls) override;

 private:
  void CallOne(ParticipantCall call);
};

}  // namespace ordersaga::orchestrator
