#include "platform/amqp/url.h"

#include <fmt/format.h>

#include <string_view>

#include "platform/amqp/rabbitmq_c.h"
#include "platform/base/error.h"

namespace ordersaga::amqp {
namespace {

absl::Status BadUrl(std::string_view why) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_BROKER_URL", std::string(why));
}

// A comma before another scheme ends an URL; any other one belongs to its user, password or virtual host.
std::size_t EndOfUrl(const std::string& text, std::size_t begin) {
  for (std::size_t comma = text.find(',', begin); comma != std::string::npos; comma = text.find(',', comma + 1)) {
    const std::size_t next = text.find_first_not_of(' ', comma + 1);
    if (next != std::string::npos && text.compare(next, 4, "amqp") == 0) return comma;
  }
  return text.size();
}

std::string WithoutSpaces(std::string text) {
  text.erase(0, text.find_first_not_of(' '));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

absl::StatusOr<Url> ParseUrl(const std::string& text) {
  if (text.find('?') != std::string::npos) {
    return BadUrl("a broker URL takes no ?options; write a literal '?' as %3F");
  }
  std::string scratch = text;  // amqp_parse_url writes into its input and points into it
  amqp_connection_info info;
  if (text.find('\0') != std::string::npos || amqp_parse_url(scratch.data(), &info) != AMQP_STATUS_OK) {
    return BadUrl("not a broker URL; expected amqp://user:password@host:port/vhost");
  }
  Url url{info.host, info.port, info.user, info.password, info.vhost, info.ssl != 0};
  if (url.vhost.empty()) url.vhost.assign(1, '/');
  if (url.host.find_first_of(", ") != std::string::npos || text.ends_with(',')) {
    return BadUrl("a comma must stand between two broker URLs, each with its amqp://");
  }
  return url;
}

absl::StatusOr<std::vector<Url>> ParseUrls(const std::string& text) {
  std::vector<Url> urls;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = EndOfUrl(text, begin);
    auto url = ParseUrl(WithoutSpaces(text.substr(begin, end - begin)));
    if (!url.ok() && urls.empty() && end == text.size()) return url.status();
    if (!url.ok()) return BadUrl(fmt::format("number {} of the list: {}", urls.size() + 1, MessageOf(url.status())));
    urls.push_back(*std::move(url));
    begin = end + 1;
  }
  return urls;
}

absl::StatusOr<std::string> ShowUrls(const std::string& text) {
  const absl::StatusOr<std::vector<Url>> urls = ParseUrls(text);
  if (!urls.ok()) return urls.status();
  std::string shown;
  for (const Url& url : *urls) {
    shown += fmt::format("{}{}://{}:***@{}:{}/{}", shown.empty() ? "" : ",", url.tls ? "amqps" : "amqp", url.user,
                         url.host, url.port, url.vhost == "/" ? "" : url.vhost);
  }
  return shown;
}

}  // namespace ordersaga::amqp
