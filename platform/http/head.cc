#include "platform/http/head.h"

#include <algorithm>

namespace ordersaga::http {
namespace {

namespace beast = boost::beast;
namespace wire = boost::beast::http;

constexpr Refusal kUriTooLong = {414, "URI_TOO_LONG", "the URI is too long"};

Refusal Malformed(const char* detail) {
  return {400, "MALFORMED_REQUEST", detail};
}

bool IsOneOf(beast::string_view value, std::initializer_list<beast::string_view> known) {
  return std::any_of(known.begin(), known.end(), [&](beast::string_view one) { return beast::iequals(value, one); });
}

// Where the body ends must be plain: a proxy in front that sees another end would take the rest of one client's body
// for another's request.
Refusal CheckFraming(const Head& head) {
  const std::size_t encodings = head.count(wire::field::transfer_encoding);
  if (encodings == 0) return {};
  if (head.version() < 11) return Malformed("HTTP/1.0 has no Transfer-Encoding");
  if (head.count(wire::field::content_length) > 0) {
    return Malformed("Content-Length and Transfer-Encoding exclude each other");
  }
  if (encodings > 1 || !IsOneOf(head[wire::field::transfer_encoding], {"chunked"}) || !head.chunked()) {
    return Malformed("the only Transfer-Encoding known here is chunked, once");
  }
  return {};
}

Refusal CheckFields(const Head& head) {
  const std::size_t hosts = head.count(wire::field::host);
  if (hosts > 1 || (head.version() >= 11 && hosts == 0)) return Malformed("exactly one Host header is needed");
  if (head.count("Idempotency-Key") > 1) return Malformed("there may be only one Idempotency-Key header");
  // HTTP/1.0 knows no expectations; they are to be ignored there.
  const auto expected =
      head.version() >= 11 ? head.equal_range(wire::field::expect) : std::pair(head.end(), head.end());
  for (auto field = expected.first; field != expected.second; ++field) {
    if (!IsOneOf(field->value(), {"100-continue"})) {
      return {417, "EXPECTATION_FAILED", "the only expectation known here is 100-continue"};
    }
  }
  const auto encoded = head.equal_range(wire::field::content_encoding);
  for (auto field = encoded.first; field != encoded.second; ++field) {
    if (!IsOneOf(field->value(), {"", "identity"})) {
      return {415, "UNSUPPORTED_CONTENT_ENCODING", "the body must not be compressed or otherwise encoded"};
    }
  }
  return {};
}

}  // namespace

bool HasFold(std::string_view head) {
  return head.find("\r\n ") != std::string_view::npos || head.find("\r\n\t") != std::string_view::npos;
}

std::optional<std::string> OriginForm(std::string_view target) {
  if (target == "*" || (!target.empty() && target.front() == '/')) return std::string(target);
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!beast::iequals({target.data(), std::min(target.size(), scheme.size())}, {scheme.data(), scheme.size()}))
      continue;
    const std::string_view rest = target.substr(scheme.size());
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    if (end == 0) return std::nullopt;
    const std::string_view path = rest.substr(end);
    return path.empty() || path.front() == '?' ? "/" + std::string(path) : std::string(path);
  }
  return std::nullopt;
}

Refusal CheckHead(const Head& head, const HttpOptions& options) {
  const std::string_view target(head.target().data(), head.target().size());
  if (static_cast<std::int64_t>(target.size()) > options.max_uri) return kUriTooLong;
  if (!OriginForm(target).has_value()) return Malformed("the target must be a path, or an http URI");
  const Refusal framing = CheckFraming(head);
  return framing.status != 0 ? framing : CheckFields(head);
}

Refusal RefusalOf(const beast::error_code& error, const Head& head, bool began) {
  if (error == wire::error::body_limit) return {413, "BODY_TOO_LARGE", "the body is too large"};
  if (error == wire::error::header_limit || error == wire::error::buffer_overflow) {
    // Was it the first line that took the room?
    if (head.target().empty()) return kUriTooLong;
    return {431, "HEADERS_TOO_LARGE", "the headers are too large"};
  }
  if (error == beast::error::timeout && began) {
    return {408, "REQUEST_TIMEOUT", "the request took too long to arrive"};
  }
  const bool malformed = error.category() == wire::make_error_code(wire::error::bad_method).category();
  if (malformed && error != wire::error::end_of_stream && error != wire::error::partial_message) {
    return Malformed("the request is not well-formed HTTP/1.1");
  }
  return {kSilence, "", ""};
}

}  // namespace ordersaga::http
