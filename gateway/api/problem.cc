#include "gateway/api/problem.h"

#include <boost/beast/http/status.hpp>
#include <boost/json.hpp>

#include "platform/base/error.h"
#include "platform/base/text.h"

namespace ordersaga::gateway {
namespace {

namespace json = boost::json;

// Where the reason says more than the status code. Everything else goes by the code.
constexpr std::pair<std::string_view, int> kStatusOfReason[] = {
    {"FOREIGN_ORIGIN", 403},          {"FORBIDDEN", 403},
    {"HOST_NOT_ALLOWED", 403},        {"IDEMPOTENCY_KEY_REUSED", 422},
    {"ORDER_ALREADY_COMPLETED", 409}, {"ORDER_CHANGED", 412},
    {"TOO_MANY_OPEN_ORDERS", 429},    {"TOO_MANY_REQUESTS", 429},
    {"UNAUTHENTICATED", 401},
};

int HttpStatus(const absl::Status& status, const std::string& reason) {
  for (const auto& [name, http_status] : kStatusOfReason) {
    if (name == reason) return http_status;
  }
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
    return "a service did not answer in time; send it again, an order with the same Idempotency-Key";
  if (http_status == 502) return "a service failed; send it again, an order with the same Idempotency-Key";
  if (http_status == 503 && ReasonOf(status).empty()) return "a service cannot be reached at the moment";
  return CleanText(MessageOf(status));
}

// Where the client finds what is wrong: a pointer into its body, a header or a parameter of the query. The names that
// gRPC has for them are turned into ours.
json::object Violation(const FieldViolation& violation) {
  const std::string& field = violation.field;
  if (field.front() == '/') return {{"pointer", field}, {"detail", violation.description}};
  if (field.substr(0, 5) == "lines") return {{"pointer", "/items"}, {"detail", violation.description}};
  if (field == "page_token") return {{"parameter", "cursor"}, {"detail", violation.description}};
  if (field == "page_size") return {{"parameter", "limit"}, {"detail", violation.description}};
  const bool header = field.front() >= 'A' && field.front() <= 'Z';
  return {{header ? "header" : "parameter", field}, {"detail", violation.description}};
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

// What failed behind us is its own business, but for what the client can act on.
std::string CodeOf(int http_status, const std::string& reason) {
  if (http_status == 504) return "TIMEOUT";
  if (http_status == 502) return "FAILED";
  return reason.empty() ? "UNAVAILABLE" : reason;
}

}  // namespace

http::Response Problem(const absl::Status& status, const http::Request& request) {
  const std::string reason = ReasonOf(status);
  const int http_status = HttpStatus(status, reason);
  json::array errors;
  for (const FieldViolation& violation : ViolationsOf(status)) {
    if (!violation.field.empty()) errors.push_back(Violation(violation));
  }
  const std::string code = http_status >= 502 ? CodeOf(http_status, reason) : reason;
  http::Response response = Render(http_status, code, Detail(status, http_status), std::move(errors), request);
  if (http_status == 503 || http_status == 429) {
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
