#include "orchestrator/adapters/rpc/reply.h"

#include <fmt/format.h>

#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/rpc/status.h"

namespace ordersaga::orchestrator {
namespace {

bool WouldComeAgain(grpc::StatusCode code) {
  return code == grpc::StatusCode::INVALID_ARGUMENT || code == grpc::StatusCode::FAILED_PRECONDITION ||
         code == grpc::StatusCode::PERMISSION_DENIED || code == grpc::StatusCode::UNAUTHENTICATED;
}

}  // namespace

OutcomeUnknown UnknownFrom(const grpc::Status& grpc_status) {
  const absl::Status status = rpc::FromGrpc(grpc_status);
  const std::string reason = ReasonOf(status);
  OutcomeUnknown unknown;
  unknown.error = CleanText(fmt::format("{}{}{}: {}", absl::StatusCodeToString(status.code()),
                                        reason.empty() ? "" : " ", reason, MessageOf(status)));
  unknown.retriable = !WouldComeAgain(grpc_status.error_code());
  unknown.retry_after = RetryAfterOf(status);
  return unknown;
}

OutcomeUnknown NoAnswer(const std::string& what) {
  return {.error = CleanText(what), .retriable = false, .retry_after = std::nullopt};
}

OutcomeUnknown Unanswered() {
  return UnknownFrom(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the batch ended without an answer"));
}

CallReply FromOutcome(common::v1::Outcome outcome, const std::string& reason, const std::string& message,
                      const std::string& evidence) {
  switch (outcome) {
    case common::v1::OUTCOME_APPLIED:
      return Applied{.evidence = CleanText(evidence)};
    case common::v1::OUTCOME_REJECTED:
      return Rejected{.reason = CleanText(reason), .message = CleanText(message)};
    default:  // unspecified, or a value that this build does not know
      return NoAnswer(fmt::format("reply without a known outcome ({})", static_cast<int>(outcome)));
  }
}

common::v1::Money ToProto(const Money& money) {
  common::v1::Money proto;
  proto.set_amount_minor(money.minor);
  proto.set_currency(money.currency);
  return proto;
}

Money FromProto(const common::v1::Money& money) {
  return {.minor = money.amount_minor(), .currency = money.currency()};
}

rpc::Metadata MetadataOf(const Order& order) {
  if (order.traceparent.empty()) return {};
  return {{"traceparent", order.traceparent}};
}

}  // namespace ordersaga::orchestrator
