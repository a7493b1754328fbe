#include "platform/amqp/link.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <array>

#include "platform/base/error.h"
#include "platform/base/text.h"

namespace ordersaga::amqp {
namespace {

// Points into `name`.
amqp_table_entry_t Entry(const std::string& name) {
  amqp_table_entry_t entry{};
  entry.key = ToBytes(name);
  return entry;
}

}  // namespace

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

amqp_bytes_t ToBytes(const std::string& text) {
  return {text.size(), const_cast<char*>(text.data())};
}

std::string ToString(amqp_bytes_t bytes) {
  return bytes.len == 0 ? std::string() : std::string(static_cast<const char*>(bytes.bytes), bytes.len);
}

Link::Link(const ConnectionOptions& options) : options_(options), state_(amqp_new_connection()) {}

Link::~Link() {
  if (state_ != nullptr) amqp_destroy_connection(state_);
}

absl::StatusOr<std::unique_ptr<Link>> Link::Open(const ConnectionOptions& options) {
  auto link = std::unique_ptr<Link>(new Link(options));
  if (link->state_ == nullptr) return Broken("out of memory for a broker connection");
  if (auto status = link->Connect(); !status.ok()) return status;
  if (auto status = link->Login(); !status.ok()) return status;
  amqp_channel_open(link->state_, kChannel);
  if (auto status = link->CheckReply("open a channel"); !status.ok()) return status;
  return link;
}

amqp_socket_t* Link::MakeSocket() {
  if (!options_.url.tls) return amqp_tcp_socket_new(state_);  // owned by state_
  amqp_socket_t* socket = amqp_ssl_socket_new(state_);
  if (socket == nullptr) return nullptr;
  // The chain and the name of the host are checked: this is the library's default, said aloud.
  amqp_ssl_socket_set_verify_peer(socket, 1);
  amqp_ssl_socket_set_verify_hostname(socket, 1);
  (void)amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
  if (options_.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(static_cast<SSL_CTX*>(amqp_ssl_socket_get_context(socket)));
  } else if (amqp_ssl_socket_set_cacert(socket, options_.ca_file.c_str()) != AMQP_STATUS_OK) {
    return nullptr;
  }
  return socket;
}

absl::Status Link::Connect() {
  timeval limit = absl::ToTimeval(options_.connect_timeout);
  amqp_set_handshake_timeout(state_, &limit);  // both copy the value
  amqp_set_rpc_timeout(state_, &limit);
  amqp_socket_t* socket = MakeSocket();
  if (socket == nullptr) return Broken(fmt::format("no broker socket; is {} readable?", options_.ca_file));
  const int code = amqp_socket_open_noblock(socket, options_.url.host.c_str(), options_.url.port, &limit);
  return FromLibrary(code, fmt::format("connect to {}:{}", options_.url.host, options_.url.port));
}

absl::Status Link::Login() {
  const std::string blocked_name = "connection.blocked";
  const std::string capabilities_name = "capabilities";
  const std::string connection_name = "connection_name";
  amqp_table_entry_t blocked = Entry(blocked_name);
  blocked.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  blocked.value.value.boolean = 1;
  // Ours are merged into the library's own capabilities.
  std::array<amqp_table_entry_t, 2> entries{Entry(connection_name), Entry(capabilities_name)};
  entries[0].value.kind = AMQP_FIELD_KIND_UTF8;
  entries[0].value.value.bytes = ToBytes(options_.name);
  entries[1].value.kind = AMQP_FIELD_KIND_TABLE;
  entries[1].value.value.table = {1, &blocked};
  const amqp_table_t properties{static_cast<int>(entries.size()), entries.data()};
  const Url& url = options_.url;
  const auto reply =
      amqp_login_with_properties(state_, url.vhost.c_str(), AMQP_DEFAULT_MAX_CHANNELS, AMQP_DEFAULT_FRAME_SIZE,
                                 static_cast<int>(absl::ToInt64Seconds(options_.heartbeat)), &properties,
                                 AMQP_SASL_METHOD_PLAIN, url.user.c_str(), url.password.c_str());
  return Check(reply, fmt::format("log in to {}:{} vhost {} as {}", url.host, url.port, url.vhost, url.user));
}

absl::Status Link::DeclareTopicExchange(const std::string& name) {
  amqp_exchange_declare(state_, kChannel, ToBytes(name), amqp_cstring_bytes("topic"), /*passive=*/0,
                        /*durable=*/1, /*auto_delete=*/0, /*internal=*/0, amqp_empty_table);
  return CheckReply(fmt::format("declare exchange {}", name));
}

void Link::Close() {
  (void)amqp_connection_close(state_, AMQP_REPLY_SUCCESS);
}

absl::Status Link::Check(const amqp_rpc_reply_t& reply, const std::string& what) const {
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
