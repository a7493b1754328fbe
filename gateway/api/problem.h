// Errors as clients see them: application/problem+json (RFC 9457) with a stable `code`, the request's id, a pointer per
// bad field, and `error`, the text that clients of the first version look for. Pure.
#pragma once

#include "absl/status/status.h"
#include "platform/http/message.h"

namespace ordersaga::gateway {

// The HTTP answer for an error of ours or of a service behind us.
http::Response Problem(const absl::Status& status, const http::Request& request);

// For what the HTTP server itself refuses (http::ErrorPage).
http::Response ProblemPage(int status, const std::string& code, const std::string& detail,
                           const http::Request& request);

}  // namespace ordersaga::gateway
