#include "gateway/api/headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/base/traceparent.h"

namespace ordersaga::gateway {
namespace {

constexpr std::size_t kMaxKey = 255;
constexpr std::size_t kMaxTraceState = 512;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The next part of a list, taken off its front.
std::string_view NextPart(std::string_view& list, std::string_view separators) {
  const std::string_view part = list.substr(0, list.find_first_of(separators));
  list.remove_prefix(std::min(part.size() + 1, list.size()));
  return Trim(part);
}

}  // namespace

const std::string* Header(const http::Request& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? nullptr : &found->second;
}

absl::StatusOr<std::optional<std::string>> IdempotencyKey(const http::Request& request) {
  const std::string* header = Header(request, "idempotency-key");
  if (header == nullptr) return std::optional<std::string>();
  std::string_view key = *header;
  if (key.size() >= 2 && key.front() == '"' && key.back() == '"') key = key.substr(1, key.size() - 2);
  if (key.empty() || key.size() > kMaxKey || !IsPrintableAscii(key)) {
    return BadRequest({{"Idempotency-Key", "must be 1 to 255 visible ASCII characters, quoted or bare"}});
  }
  return std::optional(std::string(key));
}

absl::Duration PreferredWait(const http::Request& request, absl::Duration longest) {
  const std::string* header = Header(request, "prefer");
  if (header == nullptr) return absl::ZeroDuration();
  std::string_view preferences = *header;
  while (!preferences.empty()) {
    std::string_view preference = NextPart(preferences, ",;");
    if (preference.substr(0, 4) != "wait") continue;
    preference = Trim(preference.substr(4));
    if (preference.empty() || preference.front() != '=') continue;
    preference = Trim(preference.substr(1));
    int seconds = 0;
    const auto [end, error] = std::from_chars(preference.data(), preference.data() + preference.size(), seconds);
    const bool whole = end == preference.data() + preference.size();
    if (error == std::errc() && whole && seconds > 0) return std::min(absl::Seconds(seconds), longest);
    if (error == std::errc::result_out_of_range && whole && preference.front() != '-') return longest;
  }
  return absl::ZeroDuration();
}

std::string EntityTag(std::int64_t version) {
  return fmt::format("\"{}\"", version);
}

bool NamesVersion(std::string_view tags, std::int64_t version) {
  const std::string tag = EntityTag(version);
  while (!tags.empty()) {
    std::string_view one = NextPart(tags, ",");
    if (one.substr(0, 2) == "W/") one.remove_prefix(2);
    if (one == "*" || one == tag) return true;
  }
  return false;
}

Trace TraceOf(const http::Request& request, Rng& rng) {
  const std::string* header = Header(request, "traceparent");
  const std::optional<Traceparent> parent = header != nullptr ? ParseTraceparent(*header) : std::nullopt;
  const Traceparent own = parent.has_value() ? NewSpan(*parent, rng) : NewTrace(rng);
  Trace trace{own.trace, {{"x-request-id", request.request_id}, {"traceparent", own.ToString()}}};
  const std::string* state = Header(request, "tracestate");
  if (parent.has_value() && state != nullptr && !state->empty() && state->size() <= kMaxTraceState &&
      IsPrintableAscii(*state)) {
    trace.metadata.emplace_back("tracestate", *state);
  }
  return trace;
}

}  // namespace ordersaga::gateway
