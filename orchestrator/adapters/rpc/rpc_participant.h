// What participants over gRPC have in common: where they are, and the calls under way.
#pragma once

#include "orchestrator/ports/participant.h"
#include "platform/rpc/call_group.h"
#include "platform/rpc/replicas.h"
#include "platform/runtime/service.h"

namespace ordersaga::orchestrator {

class RpcParticipant : public Participant, public Service {
 public:
  // `replicas` must outlive it.
  explicit RpcParticipant(const rpc::Replicas& replicas) : replicas_(replicas) {}

  absl::Status Start() override { return absl::OkStatus(); }
  // Ends the calls under way; all have been answered when it returns.
  void Stop() override { calls_.Stop(); }

 protected:
  const rpc::Replicas& replicas_;
  rpc::CallGroup calls_;
};

}  // namespace ordersaga::orchestrator
