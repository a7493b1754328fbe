#include "platform/rpc/status.h"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "platform/base/error.h"

namespace ordersaga::rpc {
namespace {

constexpr char kDomain[] = "ordersaga";

absl::Duration DelayOf(const google::rpc::RetryInfo& retry) {
  return absl::Seconds(retry.retry_delay().seconds()) + absl::Nanoseconds(retry.retry_delay().nanos());
}

}  // namespace

google::rpc::Status ToMessage(const absl::Status& status) {
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(MessageOf(status));
  if (const std::string reason = ReasonOf(status); !reason.empty()) {
    google::rpc::ErrorInfo info;
    info.set_reason(reason);
    info.set_domain(kDomain);
    details.add_details()->PackFrom(info);
  }
  google::rpc::BadRequest bad;
  for (const FieldViolation& violation : ViolationsOf(status)) {
    google::rpc::BadRequest::FieldViolation* out = bad.add_field_violations();
    out->set_field(violation.field);
    out->set_description(violation.description);
  }
  if (bad.field_violations_size() > 0) details.add_details()->PackFrom(bad);
  if (const std::optional<absl::Duration> wait = RetryAfterOf(status)) {
    const std::int64_t ms = absl::ToInt64Milliseconds(*wait);
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(ms / 1000);
    retry.mutable_retry_delay()->set_nanos(static_cast<std::int32_t>(ms % 1000) * 1'000'000);
    details.add_details()->PackFrom(retry);
  }
  return details;
}

grpc::Status FromMessage(const google::rpc::Status& message) {
  const auto code = static_cast<grpc::StatusCode>(message.code());
  return {code == grpc::StatusCode::OK ? grpc::StatusCode::UNKNOWN : code, message.message(),
          message.SerializeAsString()};
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status details = ToMessage(status);
  return {static_cast<grpc::StatusCode>(status.code()), details.message(),
          details.details_size() > 0 ? details.SerializeAsString() : std::string()};
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  std::vector<FieldViolation> violations;
  std::optional<absl::Duration> wait;
  if (details.ParseFromString(status.error_details())) {
    for (const google::protobuf::Any& any : details.details()) {
      google::rpc::BadRequest bad;
      google::rpc::RetryInfo retry;
      if (any.UnpackTo(&info)) continue;
      if (any.UnpackTo(&retry)) wait = DelayOf(retry);
      if (!any.UnpackTo(&bad)) continue;
      for (const auto& v : bad.field_violations()) violations.push_back({v.field(), v.description()});
    }
  }
  if (!violations.empty()) return BadRequest(violations);
  if (wait.has_value()) return TryAgain(code, info.reason(), status.error_message(), *wait);
  return MakeError(code, info.reason(), status.error_message());
}

}  // namespace ordersaga::rpc
