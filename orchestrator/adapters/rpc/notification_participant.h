// Notification as a Participant: action Notify; there is no compensation. Threads and errors: as
// the port says.
#pragma once

#include <functional>
#include <vector>

#include "orchestrator/ports/participant.h"
#include "ordersaga/notification/v1/notification.grpc.pb.h"
#include "platform/rpc/call_group.h"
#include "platform/rpc/replicas.h"

namespace ordersaga::orchestrator {

// Which e-mail an ending calls for.
notification::v1::NotificationKind KindOf(Ending ending, const Money& refunded);

class NotificationParticipant final : public Participant {
 public:
  // `replicas` must outlive it.
  explicit NotificationParticipant(const rpc::Replicas& replicas) : replicas_(replicas) {}

  void Call(CallRequest request, std::function<void(CallReply)> done) override;
  void CallAll(std::vector<ParticipantCall> calls) override;

 private:
  const rpc::Replicas& replicas_;
  rpc::CallGroup calls_;  // last: destroyed, and so waited for, first
};

}  // namespace ordersaga::orchestrator
