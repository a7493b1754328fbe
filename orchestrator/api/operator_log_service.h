// OperatorLogService over gRPC: what operators did, for people, and the chain, for those who verify it.
#pragma once

#include "orchestrator/ports/operator_log_reader.h"
#include "ordersaga/saga/v1/operator_log.grpc.pb.h"
#include "platform/rpc/served.h"

namespace ordersaga::orchestrator {

class OperatorLogServiceImpl final {
 public:
  explicit OperatorLogServiceImpl(OperatorLogReader& reader) : reader_(reader) {}

  void AddTo(rpc::Served<saga::v1::OperatorLogService>& served);

  grpc::ServerUnaryReactor* ListDeeds(grpc::CallbackServerContext* context, const saga::v1::ListDeedsRequest* request,
                                      saga::v1::ListDeedsResponse* response);
  grpc::ServerUnaryReactor* ReadChain(grpc::CallbackServerContext* context, const saga::v1::ReadChainRequest* request,
                                      saga::v1::ReadChainResponse* response);

 private:
  OperatorLogReader& reader_;
};

}  // namespace ordersaga::orchestrator
