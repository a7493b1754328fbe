// SagaAdminService over gRPC: what sagactl shows. Reads only, through the SagaReader.
#pragma once

#include "orchestrator/api/forwarder.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/ports/saga_reader.h"
#include "ordersaga/saga/v1/saga_admin.grpc.pb.h"

namespace ordersaga::orchestrator {

class SagaAdminServiceImpl final : public saga::v1::SagaAdminService::CallbackService {
 public:
  SagaAdminServiceImpl(Engine& engine, Forwarder& forwarder, SagaReader& reader)
      : engine_(engine), forwarder_(forwarder), reader_(reader) {}

  grpc::ServerUnaryReactor* ListSagas(grpc::CallbackServerContext* context, const saga::v1::ListSagasRequest* request,
                                      saga::v1::ListSagasResponse* response) override;
  grpc::ServerUnaryReactor* GetSaga(grpc::CallbackServerContext* context, const saga::v1::GetSagaRequest* request,
                                    saga::v1::GetSagaResponse* response) override;

  grpc::ServerUnaryReactor* RetrySaga(grpc::CallbackServerContext* context, const saga::v1::RetrySagaRequest* request,
                                      saga::v1::RetrySagaResponse* response) override;

 private:
  Engine& engine_;
  Forwarder& forwarder_;
  SagaReader& reader_;
};

}  // namespace ordersaga::orchestrator
