#include "platform/amqp/connection.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>

#include "platform/base/error.h"
#include "platform/base/text.h"

namespace ordersaga::amqp {
namespace {

constexpr std::uint8_t kPersistent = 2;
constexpr int kContentTooLarge = 311;
constexpr int kPreconditionFailed = 406;  // "message size ... is larger than configured max size"

// Points into both.
amqp_table_entry_t Entry(const std::string& name, HeaderValue&& value) = delete;
amqp_table_entry_t Entry(const std::string& name, const HeaderValue& value) {
  amqp_table_entry_t entry{};
  entry.key = ToBytes(name);
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    entry.value.kind = AMQP_FIELD_KIND_I64;
    entry.value.value.i64 = *number;
  } else {
    entry.value.kind = AMQP_FIELD_KIND_UTF8;
    entry.value.value.bytes = ToBytes(std::get<std::string>(value));
  }
  return entry;
}

// Points into `message` and `headers`.
amqp_basic_properties_t PropertiesOf(const Message& message, std::vector<amqp_table_entry_t>* headers) {
  for (const auto& [name, value] : message.headers) headers->push_back(Entry(name, value));
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG |
                      AMQP_BASIC_CORRELATION_ID_FLAG | AMQP_BASIC_TIMESTAMP_FLAG | AMQP_BASIC_TYPE_FLAG |
                      AMQP_BASIC_APP_ID_FLAG | AMQP_BASIC_HEADERS_FLAG;
  properties.content_type = ToBytes(message.content_type);
  properties.delivery_mode = kPersistent;
  properties.message_id = ToBytes(message.message_id);
  properties.correlation_id = ToBytes(message.correlation_id);
  properties.timestamp = static_cast<std::uint64_t>(std::max<std::int64_t>(absl::ToUnixSeconds(message.timestamp), 0));
  properties.type = ToBytes(message.type);
  properties.app_id = ToBytes(message.app_id);
  properties.headers = {static_cast<int>(headers->size()), headers->data()};
  return properties;
}

// A limit of the broker's that is narrower than ours was met by a message of this channel.
absl::Status ChannelClosed(const amqp_channel_close_t& close) {
  const bool by_publish = close.class_id == 60 && close.method_id == 40;  // basic.publish
  if (!by_publish || (close.reply_code != kPreconditionFailed && close.reply_code != kContentTooLarge)) {
    return ClosedByBroker("channel closed", close.reply_code, close.reply_text);
  }
  return MakeError(absl::StatusCode::kUnavailable, "MESSAGE_REFUSED",
                   CleanText(fmt::format("broker says {} {}", close.reply_code, ToString(close.reply_text))));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options) {
  auto link = Link::Open(options);
  if (!link.ok()) return link.status();
  amqp_confirm_select((*link)->state(), Link::kChannel);
  if (auto status = (*link)->CheckReply("select publisher confirms"); !status.ok()) return status;
  return std::unique_ptr<Connection>(new Connection(*std::move(link)));
}

absl::Status Connection::Publish(const Message& message, bool mandatory) {
  std::vector<amqp_table_entry_t> headers;
  const amqp_basic_properties_t properties = PropertiesOf(message, &headers);
  const int code = amqp_basic_publish(link_->state(), Link::kChannel, ToBytes(message.exchange),
                                      ToBytes(message.routing_key), mandatory ? 1 : 0,
                                      /*immediate=*/0, &properties, ToBytes(message.body));
  return FromLibrary(code, "publish");
}

absl::Status Connection::Read(std::vector<BrokerNews>* news) {
  absl::Status status;
  while (status.ok()) {
    amqp_frame_t frame;
    timeval no_wait{};
    const int code = amqp_simple_wait_frame_noblock(link_->state(), &frame, &no_wait);
    if (code == AMQP_STATUS_TIMEOUT) break;
    status = code == AMQP_STATUS_OK ? OnFrame(frame, news) : FromLibrary(code, "read");
  }
  amqp_maybe_release_buffers(link_->state());  // all that was decoded has been copied
  return status;
}

absl::Status Connection::OnFrame(const amqp_frame_t& frame, std::vector<BrokerNews>* news) {
  if (frame.frame_type == AMQP_FRAME_METHOD) return OnMethod(frame.payload.method, news);
  // The header of a returned message; its body, which follows, is of no interest.
  if (frame.frame_type == AMQP_FRAME_HEADER) {
    const auto* properties = static_cast<amqp_basic_properties_t*>(frame.payload.properties.decoded);
    const bool has_id = (properties->_flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0;
    news->push_back(
        {.kind = BrokerNews::Kind::kReturned, .text = has_id ? ToString(properties->message_id) : std::string()});
  }
  return absl::OkStatus();
}

absl::Status Connection::OnMethod(const amqp_method_t& method, std::vector<BrokerNews>* news) {
  switch (method.id) {
    case AMQP_BASIC_ACK_METHOD: {
      const auto* ack = static_cast<amqp_basic_ack_t*>(method.decoded);
      news->push_back({BrokerNews::Kind::kAck, ack->delivery_tag, ack->multiple != 0, {}});
      return absl::OkStatus();
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto* nack = static_cast<amqp_basic_nack_t*>(method.decoded);
      news->push_back({BrokerNews::Kind::kNack, nack->delivery_tag, nack->multiple != 0, {}});
      return absl::OkStatus();
    }
    case AMQP_CONNECTION_BLOCKED_METHOD: {
      const auto* blocked = static_cast<amqp_connection_blocked_t*>(method.decoded);
      news->push_back({.kind = BrokerNews::Kind::kBlocked, .text = CleanText(ToString(blocked->reason))});
      return absl::OkStatus();
    }
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      news->push_back({.kind = BrokerNews::Kind::kUnblocked, .text = {}});
      return absl::OkStatus();
    case AMQP_CHANNEL_CLOSE_METHOD: {
      return ChannelClosed(*static_cast<amqp_channel_close_t*>(method.decoded));
    }
    case AMQP_CONNECTION_CLOSE_METHOD: {
      const auto* close = static_cast<amqp_connection_close_t*>(method.decoded);
      return ClosedByBroker("connection closed", close->reply_code, close->reply_text);
    }
    default:  // basic.return: its header frame says which message; anything else is not for us
      return absl::OkStatus();
  }
}

bool Connection::HasBufferedInput() const {
  return amqp_frames_enqueued(link_->state()) != 0 || amqp_data_in_buffer(link_->state()) != 0;
}

void Connection::SetCork(bool on) {
  const int value = on ? 1 : 0;
  // Only a matter of speed: failure changes nothing.
  (void)setsockopt(socket(), IPPROTO_TCP, TCP_CORK, &value, sizeof(value));
}

}  // namespace ordersaga::amqp
