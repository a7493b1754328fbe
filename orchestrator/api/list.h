// Lists of sagas, page by page: ListOrders for customers, ListSagas for operators.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "orchestrator/ports/saga_reader.h"
#include "ordersaga/order/v1/order.pb.h"
#include "ordersaga/saga/v1/saga_admin.pb.h"
#include "platform/rpc/handler.h"

namespace ordersaga::orchestrator {

// What a request asks for. Errors: INVALID_ARGUMENT naming every bad field.
absl::StatusOr<SagaFilter> FilterOf(const order::v1::ListOrdersRequest& request);
absl::StatusOr<SagaFilter> FilterOf(const saga::v1::ListSagasRequest& request);

// Answers with one page of what `filter` names; `add(saga, response)` puts a saga into it. One more than the page holds
// is read: it tells whether there is a next page, so that no token leads to an empty one.
template <typename Response, typename Add>
grpc::ServerUnaryReactor* AnswerList(grpc::CallbackServerContext* context, SagaReader& reader,
                                     absl::StatusOr<SagaFilter> filter, Response* response, Add add) {
  if (!filter.ok()) return rpc::Answer(context, filter.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const auto limit = static_cast<std::size_t>(filter->limit++);
  reader.List(*std::move(filter), [=](const absl::StatusOr<std::vector<Saga>>& sagas) {
    for (std::size_t i = 0; sagas.ok() && i < std::min(sagas->size(), limit); ++i) add((*sagas)[i], response);
    if (sagas.ok() && sagas->size() > limit) response->set_next_page_token((*sagas)[limit - 1].id().ToString());
    rpc::Finish(reactor, sagas.status());
  });
  return reactor;
}

}  // namespace ordersaga::orchestrator
