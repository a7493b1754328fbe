// What the first lines of a request must be like, so that no two readers of it disagree (RFC 9110, RFC 9112). Pure.
#pragma once

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "platform/http/server.h"

namespace ordersaga::http {

using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
using Head = Parser::value_type;

// What to answer instead of serving a request; the connection is closed then.
struct Refusal {
  int status = 0;  // 0: nothing is wrong; kSilence: close without a word
  const char* code = "";
  const char* detail = "";
};
inline constexpr int kSilence = -1;

// Whether a piece of a head, as it came, has a line that begins with white space: obsolete folding.
bool HasFold(std::string_view head);

// "/path?query" of the origin form, of "http://host/path?query" too; "*" stays. nullopt: neither.
std::optional<std::string> OriginForm(std::string_view target);

// What is wrong with a head that Beast could read.
Refusal CheckHead(const Head& head, const HttpOptions& options);

// What to say of one it could not read. `began`: its first byte is there.
Refusal RefusalOf(const boost::beast::error_code& error, const Head& head, bool began);

inline constexpr Refusal kFolded = {400, "MALFORMED_REQUEST", "a header may not be folded over several lines"};

}  // namespace ordersaga::http
