// Where a broker is and who we are there, read from "amqp://user:password@host:port/vhost"; with amqps:// over TLS.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace ordersaga::amqp {

struct Url {
  std::string host = "localhost";
  int port = 5672;
  std::string user = "guest";
  std::string password = "guest";
  std::string vhost = "/";
  bool tls = false;
};

// Parts left out take the defaults above; a lone trailing "/" means vhost "/", as in other AMQP
// clients. Percent escapes are decoded ("%2F"). INVALID_ARGUMENT for anything else; the message
// never repeats the password.
absl::StatusOr<Url> ParseUrl(const std::string& text);

// One URL or several, "amqp://a/,amqp://b/", as a cluster has them: the nodes to try, in that order. Each is read as
// above; spaces around the commas do not matter. INVALID_ARGUMENT if one of them is none.
absl::StatusOr<std::vector<Url>> ParseUrls(const std::string& text);

// The same list as people may see it: passwords as ***, what was left out filled in. Errors as in ParseUrls.
absl::StatusOr<std::string> ShowUrls(const std::string& text);

}  // namespace ordersaga::amqp
