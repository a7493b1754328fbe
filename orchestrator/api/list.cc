#include "orchestrator/api/list.h"

#include <fmt/format.h>

#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/rpc/time.h"

namespace ordersaga::orchestrator {
namespace {

constexpr int kDefaultPage = 50;
constexpr int kMaxPage = 1000;

// What both requests have.
template <typename Request>
SagaFilter PageOf(const Request& request, std::vector<FieldViolation>& problems) {
  SagaFilter filter;
  filter.limit = request.page_size() == 0 ? kDefaultPage : request.page_size();
  if (filter.limit < 1 || filter.limit > kMaxPage) {
    problems.push_back({"page_size", fmt::format("must be from 1 to {}", kMaxPage)});
  }
  if (!request.page_token().empty()) {
    filter.before = Uuid::Parse(request.page_token());
    if (!filter.before.has_value()) {
      problems.push_back({"page_token", "must be the next_page_token of an earlier answer"});
    }
  }
  return filter;
}

template <typename Request>
void ReadEmail(const Request& request, SagaFilter& filter, std::vector<FieldViolation>& problems) {
  if (request.user_email().empty()) return;
  filter.user_email = request.user_email();
  if (!IsEmailAddress(request.user_email())) problems.push_back({"user_email", "must be an e-mail address"});
}

}  // namespace

absl::StatusOr<SagaFilter> FilterOf(const order::v1::ListOrdersRequest& request) {
  std::vector<FieldViolation> problems;
  SagaFilter filter = PageOf(request, problems);
  ReadEmail(request, filter, problems);
  if (request.status() == order::v1::ORDER_STATUS_PENDING) filter.status = Status::kPending;
  if (request.status() == order::v1::ORDER_STATUS_COMPLETED) filter.status = Status::kCompleted;
  if (request.status() == order::v1::ORDER_STATUS_CANCELLED) filter.status = Status::kCancelled;
  if (request.status() != order::v1::ORDER_STATUS_UNSPECIFIED && !filter.status.has_value()) {
    problems.push_back({"status", "is not known"});
  }
  if (request.has_since()) filter.since = rpc::FromProto(request.since());
  if (request.has_until()) filter.until = rpc::FromProto(request.until());
  if (!problems.empty()) return BadRequest(problems);
  return filter;
}

absl::StatusOr<SagaFilter> FilterOf(const saga::v1::ListSagasRequest& request) {
  std::vector<FieldViolation> problems;
  SagaFilter filter = PageOf(request, problems);
  filter.open_only = request.open_only();
  filter.parked_only = request.parked_only();
  ReadEmail(request, filter, problems);
  filter.status = ParseStatus(request.status());
  if (!request.status().empty() && !filter.status.has_value()) {
    problems.push_back({"status", "must be PENDING, COMPLETED or CANCELLED"});
  }
  if (!problems.empty()) return BadRequest(problems);
  return filter;
}

}  // namespace ordersaga::orchestrator
