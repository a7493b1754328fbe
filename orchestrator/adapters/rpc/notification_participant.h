// Notification as a Participant: action Notify; there is no compensation. Threads and errors: as
// the port says.
#pragma once

#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <vector>

#include "orchestrator/ports/participant.h"
#include "ordersaga/notification/v1/notification.grpc.pb.h"
#include "platform/rpc/call_group.h"

namespace ordersaga::orchestrator {

// Which e-mail an ending calls for.
notification::v1::NotificationKind KindOf(Ending ending, const Money& refunded);

class NotificationParticipant final : public Participant {
 public:
  explicit NotificationParticipant(const std::shared_ptr<grpc::Channel>& channel);

  void Call(CallRequest request, std::function<void(CallReply)> done) override;
  void CallAll(std::vector<ParticipantCall> calls) override;

 private:
  const std::unique_ptr<notification::v1::NotificationService::Stub> stub_;
  rpc::CallGroup calls_;  // last: destroyed, and so waited for, first
};

}  // namespace ordersaga::orchestrator
