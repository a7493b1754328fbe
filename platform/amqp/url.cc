#include "platform/amqp/url.h"

#include <amqp.h>

#include "platform/base/error.h"

namespace ordersaga::amqp {
namespace {

absl::Status BadUrl(const char* why) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_BROKER_URL", why);
}

}  // namespace

absl::StatusOr<Url> ParseUrl(const std::string& text) {
  if (text.starts_with("amqps://")) {
    return BadUrl("amqps:// is not supported; use amqp:// on a private network");
  }
  if (text.find('?') != std::string::npos) {
    return BadUrl("a broker URL takes no ?options; write a literal '?' as %3F");
  }
  std::string scratch = text;  // amqp_parse_url writes into its input and points into it
  amqp_connection_info info;
  if (text.find('\0') != std::string::npos || amqp_parse_url(scratch.data(), &info) != AMQP_STATUS_OK) {
    return BadUrl("not a broker URL; expected amqp://user:password@host:port/vhost");
  }
  Url url{info.host, info.port, info.user, info.password, info.vhost};
  if (url.vhost.empty()) url.vhost.assign(1, '/');
  return url;
}

}  // namespace ordersaga::amqp
