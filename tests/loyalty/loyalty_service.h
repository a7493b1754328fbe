// LoyaltyService over gRPC: checks a request and hands it to the participant.
#pragma once

#include "loyalty.grpc.pb.h"
#include "platform/participant/shell/participant.h"

namespace ordersaga::loyalty {

class LoyaltyServiceImpl final : public v1::LoyaltyService::CallbackService {
 public:
  explicit LoyaltyServiceImpl(participant::Participant& points) : points_(points) {}

  grpc::ServerUnaryReactor* Grant(grpc::CallbackServerContext* context, const v1::GrantRequest* request,
                                  v1::GrantResponse* response) override;
  grpc::ServerUnaryReactor* Return(grpc::CallbackServerContext* context, const v1::ReturnRequest* request,
                                   v1::ReturnResponse* response) override;

 private:
  participant::Participant& points_;
};

}  // namespace ordersaga::loyalty
