#include "orchestrator/api/saga_admin_service.h"

#include "orchestrator/api/convert.h"
#include "orchestrator/api/validate.h"
#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/rpc/handler.h"
#include "platform/rpc/status.h"

namespace ordersaga::orchestrator {
namespace {

constexpr int kDefaultPage = 50;
constexpr int kMaxPage = 1000;
constexpr std::size_t kMaxBy = 100;

absl::StatusOr<SagaFilter> ParseFilter(const saga::v1::ListSagasRequest& request) {
  SagaFilter filter;
  filter.limit = request.page_size() == 0 ? kDefaultPage : request.page_size();
  filter.open_only = request.open_only();
  filter.status = ParseStatus(request.status());
  std::vector<FieldViolation> problems;
  if (!request.status().empty() && !filter.status.has_value()) {
    problems.push_back({"status", "must be PENDING, COMPLETED or CANCELLED"});
  }
  if (filter.limit < 1 || filter.limit > kMaxPage) {
    problems.push_back({"page_size", "must be from 1 to 1000"});
  }
  if (!request.page_token().empty()) {
    filter.before = Uuid::Parse(request.page_token());
    if (!filter.before.has_value()) {
      problems.push_back({"page_token", "must be the next_page_token of an earlier answer"});
    }
  }
  if (!problems.empty()) return BadRequest(problems);
  return filter;
}

}  // namespace

grpc::ServerUnaryReactor* SagaAdminServiceImpl::ListSagas(grpc::CallbackServerContext* context,
                                                          const saga::v1::ListSagasRequest* request,
                                                          saga::v1::ListSagasResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::StatusOr<SagaFilter> filter = ParseFilter(*request);
  if (!filter.ok()) {
    reactor->Finish(rpc::ToGrpc(filter.status()));
    return reactor;
  }
  const auto limit = static_cast<std::size_t>(filter->limit);
  reader_.List(*std::move(filter), [=](const absl::StatusOr<std::vector<Saga>>& sagas) {
    if (sagas.ok()) {
      for (const Saga& saga : *sagas) ToProto(saga, response->add_sagas());
      if (sagas->size() == limit) response->set_next_page_token(sagas->back().id().ToString());
    }
    reactor->Finish(rpc::ToGrpc(sagas.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* SagaAdminServiceImpl::GetSaga(grpc::CallbackServerContext* context,
                                                        const saga::v1::GetSagaRequest* request,
                                                        saga::v1::GetSagaResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const absl::StatusOr<Uuid> id = ParseOrderId(request->id());
  if (!id.ok()) {
    reactor->Finish(rpc::ToGrpc(id.status()));
    return reactor;
  }
  reader_.GetHistory(*id, [=](const absl::StatusOr<SagaHistory>& history) {
    if (history.ok()) ToProto(*history, response);
    reactor->Finish(rpc::ToGrpc(history.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* SagaAdminServiceImpl::RetrySaga(grpc::CallbackServerContext* context,
                                                          const saga::v1::RetrySagaRequest* request,
                                                          saga::v1::RetrySagaResponse* response) {
  const absl::StatusOr<Uuid> id = ParseOrderId(request->id());
  if (!id.ok()) return rpc::Answer(context, id.status());
  const std::string by = CleanText(request->by(), kMaxBy);
  const std::string reason = CleanText(request->reason());
  std::vector<FieldViolation> problems;
  if (by.empty()) problems.push_back({"by", "must say who asks"});
  if (reason.empty()) problems.push_back({"reason", "must say why"});
  if (!problems.empty()) return rpc::Answer(context, BadRequest(problems));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  engine_.RetrySaga(*id, by, reason, [=, this, id = *id](const absl::Status& status) {
    const bool sent_on = forwarder_.Forward<saga::v1::SagaAdminService>(
        status, id.shard(), *context, &saga::v1::SagaAdminService::Stub::async::RetrySaga, *request, response, reactor);
    if (!sent_on) rpc::Finish(reactor, status);
  });
  return reactor;
}

}  // namespace ordersaga::orchestrator
