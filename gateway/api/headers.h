// What request headers mean. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "platform/base/rng.h"
#include "platform/http/message.h"
#include "platform/rpc/call_group.h"

namespace ordersaga::gateway {

// A header's value; nullptr if it was not sent. `name` in lower case.
const std::string* Header(const http::Request& request, const std::string& name);

// Quoted, as draft-ietf-httpapi-idempotency-key-header writes it, or bare, as many clients send it; nullopt: none.
// INVALID_ARGUMENT: not 1 to 255 visible ASCII characters.
absl::StatusOr<std::optional<std::string>> IdempotencyKey(const http::Request& request);

// "Prefer: wait=10" (RFC 7240), at most `longest`; zero if it is not asked for. Preferences that make no sense are
// ignored, as the RFC wants.
absl::Duration PreferredWait(const http::Request& request, absl::Duration longest);

// "\"7\"": the entity tag of version 7.
std::string EntityTag(std::int64_t version);
// Whether a list of entity tags ("*", "\"7\"", "W/\"7\", \"8\"") names this version.
bool NamesVersion(std::string_view tags, std::int64_t version);

// The request's id and its trace context (W3C), for the calls it leads to. A traceparent that came is continued with a
// span of our own; otherwise a trace begins here.
struct Trace {
  std::string id;          // 32 hex digits
  rpc::Metadata metadata;  // x-request-id, traceparent, tracestate
};
Trace TraceOf(const http::Request& request, Rng& rng);

}  // namespace ordersaga::gateway
