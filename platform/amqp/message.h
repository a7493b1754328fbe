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
// (the protocol's own limit); a message with a longer one is kUnpublishable.
struct Message {
  std::string exchange;  // empty: the default exchange, whose routing keys are the queues' names
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
  kConfirmed,      // the broker has taken responsibility
  kUnroutable,     // confirmed, but no queue was bound for it: the broker has thrown it away
  kRefused,        // nack: the broker cannot take it now (a queue at its limit); publish it again, later
  kUnpublishable,  // breaks a limit of ours, the protocol's or the broker's: it will never get through as it is
  kLost,           // the connection went first: it may or may not be there; publish it again
};

// Why this message can never be published, for people; empty if it can.
std::string WhyUnpublishable(const Message& message, std::size_t max_body);

}  // namespace ordersaga::amqp
