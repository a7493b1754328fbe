// A message on its way to the broker.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"

namespace ordersaga::amqp {

using HeaderValue = std::variant<std::int64_t, std::string>;

// Always sent as persistent. Exchange, routing key and the properties are at most 255 bytes each
// (the protocol's own limit); a longer one counts as unpublishable and is answered kLost every
// time.
struct Message {
  std::string exchange;
  std::string routing_key;
  std::string body;

  std::string content_type = "application/json";
  std::string message_id;
  std::string correlation_id;
  std::string type;
  std::string app_id;
  absl::Time timestamp;  // whole seconds on the wire
  std::vector<std::pair<std::string, HeaderValue>> headers;
};

// What became of it.
enum class Outcome {
  kConfirmed,   // the broker has taken responsibility
  kUnroutable,  // confirmed, but no queue was bound for it: the broker has thrown it away
  kLost,        // refused, or the connection went first: it may or may not be there; publish it again
};

}  // namespace ordersaga::amqp
