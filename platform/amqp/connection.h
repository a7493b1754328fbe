// One connection to RabbitMQ with one channel in confirm mode: rabbitmq-c behind absl::Status.
//
// Used by one thread. Calls may block: Open for at most connect_timeout per stage,
// DeclareTopicExchange for at most connect_timeout, Publish without limit (put a Watchdog::Scope
// around it), Read never. After any error the connection is of no more use: destroy it and open
// another.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <amqp.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "platform/amqp/message.h"
#include "platform/amqp/url.h"

namespace ordersaga::amqp {

struct ConnectionOptions {
  Url url;
  std::string name;  // shown by the broker's management tools
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration heartbeat = absl::Seconds(10);  // whole seconds; a peer silent for two of them is given up
};

// What the broker says about published messages.
struct BrokerNews {
  enum class Kind { kAck, kNack, kReturned, kBlocked, kUnblocked };

  Kind kind;
  std::uint64_t tag = 0;  // kAck, kNack
  bool multiple = false;  // kAck, kNack: `tag` and all before it
  std::string text;       // kReturned: the message's id; kBlocked: why publishing must stop
};

class Connection {
 public:
  // Connects, logs in, opens the channel and selects confirms. Errors: UNAVAILABLE, saying what
  // failed.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const ConnectionOptions& options);
  ~Connection();  // does not say good-bye; see Close
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Topic, durable, not auto-deleted, not internal, no arguments: a subscriber's own declaration
  // must match.
  absl::Status DeclareTopicExchange(const std::string& name);

  // Hands the message to the socket. The n-th success has delivery tag n.
  absl::Status Publish(const Message& message, bool mandatory);

  // Appends everything that has arrived, and sends a heartbeat if one is due; call it at least
  // three times per heartbeat. An error says how the connection ended.
  absl::Status Read(std::vector<BrokerNews>* news);

  // Input that poll() on the socket would not show.
  bool HasBufferedInput() const;

  // While on, small writes are held back so that a batch goes out in full packets.
  void SetCork(bool on);

  // Says good-bye to the broker; waits for at most connect_timeout.
  void Close();

  int socket() const;

 private:
  explicit Connection(const ConnectionOptions& options);
  absl::Status Connect();
  absl::Status Login();
  absl::Status OpenChannel();
  absl::Status OnFrame(const amqp_frame_t& frame, std::vector<BrokerNews>* news);
  absl::Status OnMethod(const amqp_method_t& method, std::vector<BrokerNews>* news);
  // OK, or UNAVAILABLE made from the reply to the latest synchronous call.
  absl::Status CheckReply(const amqp_rpc_reply_t& reply, const std::string& what) const;

  const ConnectionOptions options_;
  amqp_connection_state_t state_;
};

}  // namespace ordersaga::amqp
