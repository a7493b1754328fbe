// A subscriber bound to everything, as lean as one can be that must not miss anything: a durable queue, read with a
// window and acknowledged by the hundred. It survives the broker: what was in the queue is there when it is back.
//
// Used by one thread. Only order id, routing key and sequence are looked at.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "platform/amqp/link.h"

namespace ordersaga::bench {

class Follower {
 public:
  using OnEvent = std::function<void(std::string_view order_id, std::string_view routing_key, std::int64_t sequence)>;

  Follower(amqp::ConnectionOptions options, std::string queue, std::vector<std::string> exchanges)
      : options_(std::move(options)), queue_(std::move(queue)), exchanges_(std::move(exchanges)) {}

  // Connects, declares the queue and binds it. May be called again after an error. Errors: UNAVAILABLE.
  absl::Status Open();
  // Hands out one message, or none if there was none for 100 ms. Errors: UNAVAILABLE; then Open again.
  absl::Status Next(const OnEvent& on_event);
  // Takes the queue away, with what is still in it.
  void Close();

 private:
  absl::Status Bind();
  absl::Status Acknowledge();

  const amqp::ConnectionOptions options_;
  const std::string queue_;
  const std::vector<std::string> exchanges_;
  std::unique_ptr<amqp::Link> link_;
  std::uint64_t read_ = 0;  // the latest delivery tag
  std::uint64_t acknowledged_ = 0;
};

}  // namespace ordersaga::bench
