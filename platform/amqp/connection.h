// One connection to RabbitMQ with one channel in confirm mode: what a publisher needs of a Link.
//
// Used by one thread. Calls may block: Open and DeclareTopicExchange as a Link's, Publish without limit (put a
// WatchedCall around it), Read never. After any error the connection is of no more use: destroy it and open
// another.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "platform/amqp/link.h"
#include "platform/amqp/message.h"
#include "platform/amqp/rabbitmq_c.h"

namespace ordersaga::amqp {

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
  // Connects, logs in, opens the channel and selects confirms. Errors: UNAVAILABLE, saying what failed.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const ConnectionOptions& options);

  absl::Status DeclareTopicExchange(const std::string& name) { return link_->DeclareTopicExchange(name); }

  // Hands the message, which must be publishable, to the socket. The n-th success has delivery tag n.
  absl::Status Publish(const Message& message, bool mandatory);

  // Appends everything that has arrived, and sends a heartbeat if one is due; call it at least
  // three times per heartbeat. An error says how the connection ended; its reason is MESSAGE_REFUSED if the broker
  // closed the channel because it takes no message like one of those in flight.
  absl::Status Read(std::vector<BrokerNews>* news);

  // Input that poll() on the socket would not show.
  bool HasBufferedInput() const;

  // While on, small writes are held back so that a batch goes out in full packets.
  void SetCork(bool on);

  void Close() { link_->Close(); }
  int socket() const { return link_->socket(); }

 private:
  explicit Connection(std::unique_ptr<Link> link) : link_(std::move(link)) {}
  absl::Status OnFrame(const amqp_frame_t& frame, std::vector<BrokerNews>* news);
  absl::Status OnMethod(const amqp_method_t& method, std::vector<BrokerNews>* news);

  const std::unique_ptr<Link> link_;
};

}  // namespace ordersaga::amqp
