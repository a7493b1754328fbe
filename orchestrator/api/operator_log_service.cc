#include "orchestrator/api/operator_log_service.h"

#include <fmt/format.h>

#include <charconv>

#include "platform/base/error.h"
#include "platform/rpc/handler.h"
#include "platform/rpc/time.h"

namespace ordersaga::orchestrator {
namespace {

constexpr int kDefaultDeeds = 50;
constexpr int kMostDeeds = 1000;
constexpr int kChainPage = 1000;

// "<shard>:<number>".
std::optional<LogPlace> ParsePlace(const std::string& token) {
  LogPlace place;
  const char* end = token.data() + token.size();
  const auto shard = std::from_chars(token.data(), end, place.shard);
  if (shard.ec != std::errc() || shard.ptr == end || *shard.ptr != ':') return std::nullopt;
  const auto number = std::from_chars(shard.ptr + 1, end, place.number);
  if (number.ec != std::errc() || number.ptr != end || place.shard < 0 || place.shard > INT16_MAX) return std::nullopt;
  return place;
}

absl::StatusOr<LogFilter> FilterOf(const saga::v1::ListDeedsRequest& request) {
  std::vector<FieldViolation> problems;
  LogFilter filter;
  filter.limit = request.page_size() == 0 ? kDefaultDeeds : request.page_size();
  if (filter.limit < 1 || filter.limit > kMostDeeds) {
    problems.push_back({"page_size", fmt::format("must be from 1 to {}", kMostDeeds)});
  }
  if (!request.page_token().empty()) {
    filter.before = ParsePlace(request.page_token());
    if (!filter.before.has_value())
      problems.push_back({"page_token", "must be the next_page_token of an earlier answer"});
  }
  if (!request.subject().empty()) filter.subject = request.subject();
  if (request.subject().size() > 200) problems.push_back({"subject", "must be an order's id"});
  if (request.has_since()) filter.since = rpc::FromProto(request.since());
  if (request.has_until()) filter.until = rpc::FromProto(request.until());
  if (!problems.empty()) return BadRequest(problems);
  return filter;
}

void ToProto(const LogRow& row, saga::v1::Deed* deed) {
  deed->set_shard(row.shard);
  deed->set_number(row.number);
  *deed->mutable_at() = rpc::ToProto(row.at);
  deed->set_by(row.by);
  deed->set_from(row.from);
  deed->set_verb(row.verb);
  deed->set_subject(row.subject);
  deed->set_version(row.version);
  deed->set_before(row.before);
  deed->set_after(row.after);
  deed->set_reason(row.reason);
  deed->set_reason_digest(row.reason_digest);
  deed->set_mac(row.mac);
}

}  // namespace

void OperatorLogServiceImpl::AddTo(rpc::Served<saga::v1::OperatorLogService>& served) {
  served.Add("ListDeeds", this, &OperatorLogServiceImpl::ListDeeds);
  served.Add("ReadChain", this, &OperatorLogServiceImpl::ReadChain);
}

grpc::ServerUnaryReactor* OperatorLogServiceImpl::ListDeeds(grpc::CallbackServerContext* context,
                                                            const saga::v1::ListDeedsRequest* request,
                                                            saga::v1::ListDeedsResponse* response) {
  absl::StatusOr<LogFilter> filter = FilterOf(*request);
  if (!filter.ok()) return rpc::Answer(context, filter.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const auto limit = static_cast<std::size_t>(filter->limit++);  // one more tells whether there is a next page
  reader_.List(*std::move(filter), [=](const absl::StatusOr<std::vector<LogRow>>& rows) {
    for (std::size_t i = 0; rows.ok() && i < std::min(rows->size(), limit); ++i) {
      ToProto((*rows)[i], response->add_deeds());
    }
    if (rows.ok() && rows->size() > limit) {
      const LogRow& last = (*rows)[limit - 1];
      response->set_next_page_token(fmt::format("{}:{}", last.shard, last.number));
    }
    rpc::Finish(reactor, rows.status());
  });
  return reactor;
}

grpc::ServerUnaryReactor* OperatorLogServiceImpl::ReadChain(grpc::CallbackServerContext* context,
                                                            const saga::v1::ReadChainRequest* request,
                                                            saga::v1::ReadChainResponse* response) {
  const LogPlace after{request->after_shard(), request->after_number()};
  if (after.shard < 0 || after.shard > INT16_MAX) {
    return rpc::Answer(context, BadRequest({{"after_shard", "must be a shard"}}));
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reader_.ReadChain(after, kChainPage, [=](const absl::StatusOr<LogChainPage>& page) {
    if (page.ok()) {
      for (const LogRow& row : page->rows) ToProto(row, response->add_deeds());
      for (const auto& [shard, head] : page->heads) {
        saga::v1::ReadChainResponse::Head* out = response->add_heads();
        out->set_shard(shard);
        out->set_number(head.number);
        out->set_mac(head.mac);
      }
    }
    rpc::Finish(reactor, page.status());
  });
  return reactor;
}

}  // namespace ordersaga::orchestrator
