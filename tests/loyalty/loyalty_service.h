// LoyaltyService over gRPC: checks a request and hands it to the participant.
#pragma once

#include "loyalty.grpc.pb.h"
#include "platform/participant/shell/participant.h"
#include "platform/rpc/served.h"

namespace ordersaga::loyalty {

class LoyaltyServiceImpl final {
 public:
  explicit LoyaltyServiceImpl(participant::Participant& points) : points_(points) {}

  void AddTo(rpc::Served<v1::LoyaltyService>& served);

  grpc::ServerUnaryReactor* Grant(grpc::CallbackServerContext* context, const v1::GrantRequest* request,
                                  v1::GrantResponse* response);
  grpc::ServerUnaryReactor* Return(grpc::CallbackServerContext* context, const v1::ReturnRequest* request,
                                   v1::ReturnResponse* response);

 private:
  participant::Participant& points_;
};

}  // namespace ordersaga::loyalty
