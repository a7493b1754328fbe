// A subscriber as others would write one: its own connection, its own exclusive queue, bound to a
// topic exchange that it declares itself with the agreed properties.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "platform/amqp/rabbitmq_c.h"
#include "platform/amqp/url.h"

namespace ordersaga {

struct Delivery {
  std::string routing_key;
  std::string body;
  std::string content_type;
  std::string message_id;
  std::string correlation_id;
  std::string type;
  std::string app_id;
  std::uint64_t timestamp = 0;
  int delivery_mode = 0;
  std::vector<std::string> header_names;
};

// Not thread-safe. Any failure throws std::runtime_error: it fails the test.
class Subscriber {
 public:
  explicit Subscriber(const amqp::Url& url);
  ~Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  void Bind(const std::string& exchange, const std::string& pattern);
  // Binds another queue that takes one message and has the broker refuse the rest; its name. Gone with this object.
  std::string BindFullQueue(const std::string& exchange);
  void DeleteQueue(const std::string& queue);
  void DeleteExchange(const std::string& exchange);

  // Takes `count` messages; fewer only when nothing came for `patience`.
  std::vector<Delivery> Take(std::size_t count, absl::Duration patience = absl::Seconds(10));

 private:
  void Check(const char* what);

  amqp_connection_state_t state_;
  std::string queue_;
};

}  // namespace ordersaga
