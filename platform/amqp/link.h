// A logged-in connection to RabbitMQ with one open channel: what publishing and subscribing have in common. rabbitmq-c
// behind absl::Status.
//
// Used by one thread. Open may block for at most connect_timeout per stage, the declarations for at most
// connect_timeout each. After any error the link is of no more use: destroy it and open another.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "platform/amqp/rabbitmq_c.h"
#include "platform/amqp/url.h"

namespace ordersaga::amqp {

struct ConnectionOptions {
  Url url;
  std::string name;  // shown by the broker's management tools
  // Of amqps: a file with the authorities that are believed; empty: the system's.
  std::string ca_file = {};
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration heartbeat = absl::Seconds(10);  // whole seconds; a peer silent for two of them is given up
};

class Link {
 public:
  static constexpr amqp_channel_t kChannel = 1;

  // Connects, logs in and opens the channel. Errors: UNAVAILABLE, saying what failed.
  static absl::StatusOr<std::unique_ptr<Link>> Open(const ConnectionOptions& options);
  ~Link();  // does not say good-bye; see Close
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Topic, durable, not auto-deleted, not internal, no arguments: a subscriber's own declaration must match.
  absl::Status DeclareTopicExchange(const std::string& name);

  // OK, or UNAVAILABLE made from the broker's answer to the latest synchronous call.
  absl::Status CheckReply(const std::string& what) const { return Check(amqp_get_rpc_reply(state_), what); }
  absl::Status Check(const amqp_rpc_reply_t& reply, const std::string& what) const;

  // Says good-bye to the broker; waits for at most connect_timeout.
  void Close();

  amqp_connection_state_t state() const { return state_; }
  int socket() const { return amqp_get_sockfd(state_); }

 private:
  explicit Link(const ConnectionOptions& options);
  absl::Status Connect();
  amqp_socket_t* MakeSocket();  // null: out of memory, or ca_file cannot be read
  absl::Status Login();

  const ConnectionOptions options_;
  amqp_connection_state_t state_;
};

// UNAVAILABLE with reason BROKER_UNAVAILABLE.
absl::Status Broken(const std::string& why);
// OK for AMQP_STATUS_OK, else Broken.
absl::Status FromLibrary(int code, std::string_view what);
absl::Status ClosedByBroker(std::string_view what, int code, amqp_bytes_t text);

// Points into `text`.
amqp_bytes_t ToBytes(const std::string& text);
std::string ToString(amqp_bytes_t bytes);

}  // namespace ordersaga::amqp
