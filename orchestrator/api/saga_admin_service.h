// SagaAdminService over gRPC: what sagactl shows, through the SagaReader; what operators do goes through the engine.
#pragma once

#include "orchestrator/api/forwarder.h"
#include "orchestrator/core/why.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/ports/audit_reader.h"
#include "orchestrator/ports/saga_reader.h"
#include "ordersaga/saga/v1/saga_admin.grpc.pb.h"
#include "platform/rpc/served.h"

namespace ordersaga::orchestrator {

class SagaAdminServiceImpl final {
 public:
  // `patience`: an open saga that has been due for longer is moved on by nobody. For audits.
  SagaAdminServiceImpl(const Definitions& definitions, Engine& engine, Forwarder& forwarder, SagaReader& reader,
                       AuditReader& audit_reader, absl::Duration patience, const Clock& clock)
      : definitions_(definitions),
        engine_(engine),
        forwarder_(forwarder),
        reader_(reader),
        audit_reader_(audit_reader),
        patience_(patience),
        clock_(clock) {}

  void AddTo(rpc::Served<saga::v1::SagaAdminService>& served);

  grpc::ServerUnaryReactor* ListSagas(grpc::CallbackServerContext* context, const saga::v1::ListSagasRequest* request,
                                      saga::v1::ListSagasResponse* response);
  grpc::ServerUnaryReactor* CountSagas(grpc::CallbackServerContext* context, const saga::v1::CountSagasRequest* request,
                                       saga::v1::CountSagasResponse* response);
  grpc::ServerUnaryReactor* GetSaga(grpc::CallbackServerContext* context, const saga::v1::GetSagaRequest* request,
                                    saga::v1::GetSagaResponse* response);

  grpc::ServerUnaryReactor* RetrySaga(grpc::CallbackServerContext* context, const saga::v1::RetrySagaRequest* request,
                                      saga::v1::RetrySagaResponse* response, const access::Principal& caller);
  grpc::ServerUnaryReactor* OperateSaga(grpc::CallbackServerContext* context,
                                        const saga::v1::OperateSagaRequest* request,
                                        saga::v1::OperateSagaResponse* response, const access::Principal& caller);
  grpc::ServerUnaryReactor* HoldParticipant(grpc::CallbackServerContext* context,
                                            const saga::v1::HoldParticipantRequest* request,
                                            saga::v1::HoldParticipantResponse* response,
                                            const access::Principal& caller);
  grpc::ServerUnaryReactor* ReleaseParticipant(grpc::CallbackServerContext* context,
                                               const saga::v1::ReleaseParticipantRequest* request,
                                               saga::v1::ReleaseParticipantResponse* response,
                                               const access::Principal& caller);
  grpc::ServerUnaryReactor* ListParticipants(grpc::CallbackServerContext* context,
                                             const saga::v1::ListParticipantsRequest* request,
                                             saga::v1::ListParticipantsResponse* response);
  grpc::ServerWriteReactor<saga::v1::ListForAuditResponse>* ListForAudit(
      grpc::CallbackServerContext* context, const saga::v1::ListForAuditRequest* request);  // audit_service.cc

 private:
  Why ExplainNow(const Definition& definition, const Saga& saga) const;
  template <typename Request, typename Response, typename Method>
  grpc::ServerUnaryReactor* ChangeHold(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                       const access::Principal& caller, bool begins, Method forwarded);
  grpc::ServerUnaryReactor* DryRun(grpc::CallbackServerContext* context, const Uuid& id, VerbAsked asked,
                                   saga::v1::OperateSagaResponse* response);

  const Definitions& definitions_;
  Engine& engine_;
  Forwarder& forwarder_;
  SagaReader& reader_;
  AuditReader& audit_reader_;
  const absl::Duration patience_;
  const Clock& clock_;
};

}  // namespace ordersaga::orchestrator
