#include "orchestrator/api/saga_admin_service.h"

#include "orchestrator/api/convert.h"
#include "orchestrator/api/list.h"
#include "orchestrator/api/validate.h"
#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/rpc/handler.h"

namespace ordersaga::orchestrator {

void SagaAdminServiceImpl::AddTo(rpc::Served<saga::v1::SagaAdminService>& served) {
  served.Add("ListSagas", this, &SagaAdminServiceImpl::ListSagas);
  served.Add("GetSaga", this, &SagaAdminServiceImpl::GetSaga);
  served.Add("RetrySaga", this, &SagaAdminServiceImpl::RetrySaga);
  served.Add("ListForAudit", this, &SagaAdminServiceImpl::ListForAudit);
}

grpc::ServerUnaryReactor* SagaAdminServiceImpl::ListSagas(grpc::CallbackServerContext* context,
                                                          const saga::v1::ListSagasRequest* request,
                                                          saga::v1::ListSagasResponse* response) {
  return AnswerList(context, reader_, FilterOf(*request), response,
                    [](const Saga& saga, auto* page) { ToProto(saga, page->add_sagas()); });
}

grpc::ServerUnaryReactor* SagaAdminServiceImpl::GetSaga(grpc::CallbackServerContext* context,
                                                        const saga::v1::GetSagaRequest* request,
                                                        saga::v1::GetSagaResponse* response) {
  const absl::StatusOr<Uuid> id = ParseOrderId(request->id());
  if (!id.ok()) return rpc::Answer(context, id.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reader_.GetWithJournal(*id, [=, this](const absl::StatusOr<SagaWithJournal>& stored) {
    if (stored.ok()) {
      ToProto(*stored, response);
      const Definition* definition = definitions_.Find(stored->saga.definition_version);
      if (definition != nullptr) ToProto(Explain(*definition, stored->saga, clock_.Now()), response->mutable_why());
    }
    rpc::Finish(reactor, stored.status());
  });
  return reactor;
}

grpc::ServerUnaryReactor* SagaAdminServiceImpl::RetrySaga(grpc::CallbackServerContext* context,
                                                          const saga::v1::RetrySagaRequest* request,
                                                          saga::v1::RetrySagaResponse* response,
                                                          const access::Principal& caller) {
  const absl::StatusOr<Uuid> id = ParseOrderId(request->id());
  if (!id.ok()) return rpc::Answer(context, id.status());
  const std::string reason = CleanText(request->reason());
  if (reason.empty()) return rpc::Answer(context, BadRequest({{"reason", "must say why"}}));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  response->set_by(Signature(caller));
  engine_.RetrySaga(*id, response->by(), reason, [=, this, id = *id](const absl::Status& status) {
    const bool sent_on = forwarder_.Forward<saga::v1::SagaAdminService>(
        status, id.shard(), *context, &saga::v1::SagaAdminService::Stub::async::RetrySaga, *request, response, reactor);
    if (!sent_on) rpc::Finish(reactor, status);
  });
  return reactor;
}

}  // namespace ordersaga::orchestrator
