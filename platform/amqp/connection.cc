#include "platform/amqp/connection.h"

#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "platform/base/error.h"
#include "platform/base/text.h"

namespace ordersaga::amqp {
namespace {

constexpr amqp_channel_t kChannel = 1;
constexpr std::uint8_t kPersistent = 2;

amqp_bytes_t ToBytes(const std::string& text) {
  return {text.size(), const_cast<char*>(text.data())};
}

std::string ToString(amqp_bytes_t bytes) {
  return bytes.len == 0 ? std::string() : std::string(static_cast<const char*>(bytes.bytes), bytes.len);
}

absl::Status Broken(const std::string& why) {
  return MakeError(absl::StatusCode::kUnavailable, "BROKER_UNAVAILABLE", CleanText(why));
}

absl::Status FromLibrary(int code, std::string_view what) {
  if (code == AMQP_STATUS_OK) return absl::OkStatus();
  return Broken(fmt::format("{}: {}", what, amqp_error_string2(code)));
}

absl::Status ClosedByBroker(std::string_view what, int code, amqp_bytes_t text) {
  return Broken(fmt::format("{}: broker says {} {}", what, code, ToString(text)));
}

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

bool FitsShortStrings(const Message& message) {
  constexpr std::size_t kMaxShortString = 255;
  const auto fits = [](const std::string& text) { return text.size() <= kMaxShortString; };
  return fits(message.exchange) && fits(message.routing_key) && fits(message.content_type) &&
         fits(message.message_id) && fits(message.correlation_id) && fits(message.type) && fits(message.app_id);
}

}  // namespace

Connection::Connection(const ConnectionOptions& options) : options_(options), state_(amqp_new_connection()) {}

Connection::~Connection() {
  if (state_ != nullptr) amqp_destroy_connection(state_);
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options) {
  auto connection = std::unique_ptr<Connection>(new Connection(options));
  if (connection->state_ == nullptr) return Broken("out of memory for a broker connection");
  if (auto status = connection->Connect(); !status.ok()) return status;
  if (auto status = connection->Login(); !status.ok()) return status;
  if (auto status = connection->OpenChannel(); !status.ok()) return status;
  return connection;
}

absl::Status Connection::Connect() {
  timeval limit = absl::ToTimeval(options_.connect_timeout);
  amqp_set_handshake_timeout(state_, &limit);  // both copy the value
  amqp_set_rpc_timeout(state_, &limit);
  amqp_socket_t* socket = amqp_tcp_socket_new(state_);  // owned by state_
  if (socket == nullptr) return Broken("out of memory for a broker socket");
  const int code = amqp_socket_open_noblock(socket, options_.url.host.c_str(), options_.url.port, &limit);
  return FromLibrary(code, fmt::format("connect to {}:{}", options_.url.host, options_.url.port));
}

absl::Status Connection::Login() {
  const std::string blocked_name = "connection.blocked";
  const std::string capabilities_name = "capabilities";
  const std::string connection_name = "connection_name";
  const HeaderValue our_name = options_.name;
  amqp_table_entry_t blocked{};
  blocked.key = ToBytes(blocked_name);
  blocked.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  blocked.value.value.boolean = 1;
  // Ours are merged into the library's own capabilities.
  std::array<amqp_table_entry_t, 2> entries{Entry(connection_name, our_name), {}};
  entries[1].key = ToBytes(capabilities_name);
  entries[1].value.kind = AMQP_FIELD_KIND_TABLE;
  entries[1].value.value.table = {1, &blocked};
  const amqp_table_t properties{static_cast<int>(entries.size()), entries.data()};
  const Url& url = options_.url;
  const auto reply =
      amqp_login_with_properties(state_, url.vhost.c_str(), AMQP_DEFAULT_MAX_CHANNELS, AMQP_DEFAULT_FRAME_SIZE,
                                 static_cast<int>(absl::ToInt64Seconds(options_.heartbeat)), &properties,
                                 AMQP_SASL_METHOD_PLAIN, url.user.c_str(), url.password.c_str());
  return CheckReply(reply, fmt::format("log in to {}:{} vhost {} as {}", url.host, url.port, url.vhost, url.user));
}

absl::Status Connection::OpenChannel() {
  amqp_channel_open(state_, kChannel);
  if (auto status = CheckReply(amqp_get_rpc_reply(state_), "open a channel"); !status.ok()) return status;
  amqp_confirm_select(state_, kChannel);
  return CheckReply(amqp_get_rpc_reply(state_), "select publisher confirms");
}

absl::Status Connection::DeclareTopicExchange(const std::string& name) {
  amqp_exchange_declare(state_, kChannel, ToBytes(name), amqp_cstring_bytes("topic"), /*passive=*/0,
                        /*durable=*/1, /*auto_delete=*/0, /*internal=*/0, amqp_empty_table);
  return CheckReply(amqp_get_rpc_reply(state_), fmt::format("declare exchange {}", name));
}

absl::Status Connection::Publish(const Message& message, bool mandatory) {
  // The library would notice too, but only after half of the message has gone out.
  if (!FitsShortStrings(message)) return Broken("message property longer than 255 bytes");
  std::vector<amqp_table_entry_t> headers;
  const amqp_basic_properties_t properties = PropertiesOf(message, &headers);
  const int code =
      amqp_basic_publish(state_, kChannel, ToBytes(message.exchange), ToBytes(message.routing_key), mandatory ? 1 : 0,
                         /*immediate=*/0, &properties, ToBytes(message.body));
  return FromLibrary(code, "publish");
}

absl::Status Connection::Read(std::vector<BrokerNews>* news) {
  absl::Status status;
  while (status.ok()) {
    amqp_frame_t frame;
    timeval no_wait{};
    const int code = amqp_simple_wait_frame_noblock(state_, &frame, &no_wait);
    if (code == AMQP_STATUS_TIMEOUT) break;
    status = code == AMQP_STATUS_OK ? OnFrame(frame, news) : FromLibrary(code, "read");
  }
  amqp_maybe_release_buffers(state_);  // all that was decoded has been copied
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
      const auto* close = static_cast<amqp_channel_close_t*>(method.decoded);
      return ClosedByBroker("channel closed", close->reply_code, close->reply_text);
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
  return amqp_frames_enqueued(state_) != 0 || amqp_data_in_buffer(state_) != 0;
}

void Connection::SetCork(bool on) {
  const int value = on ? 1 : 0;
  // Only a matter of speed: failure changes nothing.
  (void)setsockopt(socket(), IPPROTO_TCP, TCP_CORK, &value, sizeof(value));
}

void Connection::Close() {
  (void)amqp_connection_close(state_, AMQP_REPLY_SUCCESS);
}

int Connection::socket() const {
  return amqp_get_sockfd(state_);
}

absl::Status Connection::CheckReply(const amqp_rpc_reply_t& reply, const std::string& what) const {
  switch (reply.reply_type) {
    case AMQP_RESPONSE_NORMAL:
      return absl::OkStatus();
    case AMQP_RESPONSE_NONE:
      return Broken(what + ": no reply");
    case AMQP_RESPONSE_LIBRARY_EXCEPTION:
      return FromLibrary(reply.library_error, what);
    case AMQP_RESPONSE_SERVER_EXCEPTION:
      break;
  }
  if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
    const auto* close = static_cast<amqp_channel_close_t*>(reply.reply.decoded);
    return ClosedByBroker(what, close->reply_code, close->reply_text);
  }
  if (reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
    const auto* close = static_cast<amqp_connection_close_t*>(reply.reply.decoded);
    return ClosedByBroker(what, close->reply_code, close->reply_text);
  }
  return Broken(what + ": unexpected reply");
}

}  // namespace ordersaga::amqp
