#include "gateway/api/problem.h"

#include <boost/beast/http/status.hpp>
#include <boost/json.hpp>

#include "platform/base/error.h"
#include "platform/base/text.h"

namespace ordersaga::gateway {
namespace {

namespace json = boost::json;

int HttpStatus(const absl::Status& status, const std::string& reason) {
  if (reason == "IDEMPOTENCY_KEY_REUSED") return 422;
  if (reason == "ORDER_ALREADY_COMPLETED") return 409;
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnavailable:
      return 503;
    default:
      return 502;
  }
}

std::string Title(int status) {
  return std::string(boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status)));
}

// Words for the client; what a failing part said of itself stays in the logs.
std::string Detail(const absl::Status& status, int http_status) {
  if (http_status == 504)
    return "the order service did not answer in time; send it again with the same Idempotency-Key";
  if (http_status == 502) return "the order service failed; send it again with the same Idempotency-Key";
  if (http_status == 503 && ReasonOf(status).empty()) return "the order service cannot be reached at the moment";
  return CleanText(MessageOf(status));
}

http::Response Render(int status, const std::string& code, const std::string& detail, json::array errors,
                      const http::Request& request) {
  json::object body{{"type", "https://ordersaga.example/problems/" + code},
                    {"title", Title(status)},
                    {"status", status},
                    {"detail", detail},
                    {"instance", CleanText(request.path, 300)},
                    {"code", code},
                    {"request_id", request.request_id},
                    {"error", detail}};
  if (!errors.empty()) body["errors"] = std::move(errors);
  return {status, "application/problem+json", json::serialize(body), {}};
}

}  // namespace

http::Response Problem(const absl::Status& status, const http::Request& request) {
  const std::string reason = ReasonOf(status);
  const int http_status = HttpStatus(status, reason);
  json::array errors;
  for (const FieldViolation& violation : ViolationsOf(status)) {
    errors.push_back({{"pointer", violation.field}, {"detail", violation.description}});
  }
  std::string code = reason;
  if (code.empty()) code = http_status == 504 ? "TIMEOUT" : "UNAVAILABLE";
  http::Response response = Render(http_status, code, Detail(status, http_status), std::move(errors), request);
  if (http_status == 503) {
    const absl::Duration wait = RetryAfterOf(status).value_or(absl::Seconds(1));
    const std::int64_t seconds = std::max<std::int64_t>(1, absl::ToInt64Seconds(absl::Ceil(wait, absl::Seconds(1))));
    response.headers.emplace_back("Retry-After", std::to_string(seconds));
  }
  return response;
}

http::Response ProblemPage(int status, const std::string& code, const std::string& detail,
                           const http::Request& request) {
  return Render(status, code, detail, {}, request);
}

}  // namespace ordersaga::gateway
