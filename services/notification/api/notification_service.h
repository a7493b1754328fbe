// NotificationService over gRPC: validates, converts, delegates. No handler blocks.
#pragma once

#include "ordersaga/notification/v1/notification.grpc.pb.h"
#include "platform/participant/shell/participant.h"
#include "platform/pg/pqxx.h"
#include "platform/rpc/served.h"

namespace ordersaga::notification {

class NotificationServiceImpl final {
 public:
  NotificationServiceImpl(participant::Participant& notices, pg::PqxxPool& reads) : notices_(notices), reads_(reads) {}

  void AddTo(rpc::Served<v1::NotificationService>& served);

  grpc::ServerUnaryReactor* Notify(grpc::CallbackServerContext* context, const v1::NotifyRequest* request,
                                   v1::NotifyResponse* response);
  grpc::ServerWriteReactor<v1::NotifyBatchResponse>* NotifyBatch(grpc::CallbackServerContext* context,
                                                                 const v1::NotifyBatchRequest* request);
  grpc::ServerUnaryReactor* GetNotification(grpc::CallbackServerContext* context,
                                            const v1::GetNotificationRequest* request,
                                            v1::GetNotificationResponse* response);
  grpc::ServerUnaryReactor* GetEffect(grpc::CallbackServerContext* context, const common::v1::GetEffectRequest* request,
                                      common::v1::GetEffectResponse* response);
  grpc::ServerWriteReactor<v1::ListEffectsResponse>* ListEffects(grpc::CallbackServerContext* context,
                                                                 const common::v1::ListEffectsRequest* request);

 private:
  using Notified = std::function<void(const absl::Status&, v1::NotifyResponse)>;
  void Take(const v1::NotifyRequest& request, absl::Time deadline, Notified done);

  participant::Participant& notices_;
  pg::PqxxPool& reads_;
  const participant::EffectStore effects_{};
};

}  // namespace ordersaga::notification
