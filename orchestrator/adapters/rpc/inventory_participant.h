// Inventory as a Participant: action Reserve (the pivot), compensation Release. Threads and errors:
// as the port says.
#pragma once

#include <functional>
#include <vector>

#include "orchestrator/adapters/rpc/rpc_participant.h"
#include "ordersaga/inventory/v1/inventory.grpc.pb.h"

namespace ordersaga::orchestrator {

class InventoryParticipant final : public RpcParticipant {
 public:
  using RpcParticipant::RpcParticipant;

  void Call(std::vector<ParticipantCall> calls) override;

 private:
  void CallOne(ParticipantCall call);
  void Reserve(const CallRequest& request, std::function<void(CallReply)> done);
  void Release(const CallRequest& request, std::function<void(CallReply)> done);
};

}  // namespace ordersaga::orchestrator
