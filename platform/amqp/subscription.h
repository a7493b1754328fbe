// A look at what passes through topic exchanges, for people: a queue of its own that vanishes with the connection.
//
// Used by one thread. Open blocks as a Link's; Next for as long as it is told to. Messages are acknowledged by being
// sent: what a reader that dies had not read is gone. Do not build a subscriber that must not miss anything on this.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/amqp/link.h"

namespace ordersaga::amqp {

struct Delivery {
  std::string exchange;
  std::string routing_key;
  std::string message_id;
  std::string correlation_id;
  std::string body;
  std::optional<std::int64_t> sequence;  // the headers of these names
  std::string traceparent;
};

class Subscription {
 public:
  // Declares the exchanges as the publisher does, and binds the queue to each with the pattern ("#": everything).
  // Errors: UNAVAILABLE, saying what failed.
  static absl::StatusOr<std::unique_ptr<Subscription>> Open(const ConnectionOptions& options,
                                                            const std::vector<std::string>& exchanges,
                                                            const std::string& pattern);

  // The next message, or nothing if none came within `wait`. Call it at least once per heartbeat. Errors: UNAVAILABLE.
  absl::StatusOr<std::optional<Delivery>> Next(absl::Duration wait);

  void Close() { link_->Close(); }

 private:
  explicit Subscription(std::unique_ptr<Link> link) : link_(std::move(link)) {}
  absl::Status Bind(const std::vector<std::string>& exchanges, const std::string& pattern);

  const std::unique_ptr<Link> link_;
};

}  // namespace ordersaga::amqp
