#include "tests/integration/platform/amqp/subscriber.h"

#include <sys/time.h>

#include <array>
#include <stdexcept>

namespace ordersaga {
namespace {

constexpr amqp_channel_t kChannel = 1;

std::string Text(amqp_bytes_t bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

amqp_bytes_t Bytes(const std::string& text) {
  return {text.size(), const_cast<char*>(text.data())};
}

Delivery ToDelivery(const amqp_envelope_t& envelope) {
  const amqp_basic_properties_t& properties = envelope.message.properties;
  Delivery delivery{.routing_key = Text(envelope.routing_key),
                    .body = Text(envelope.message.body),
                    .content_type = Text(properties.content_type),
                    .message_id = Text(properties.message_id),
                    .correlation_id = Text(properties.correlation_id),
                    .type = Text(properties.type),
                    .app_id = Text(properties.app_id),
                    .timestamp = properties.timestamp,
                    .delivery_mode = properties.delivery_mode,
                    .header_names = {}};
  for (int i = 0; i < properties.headers.num_entries; ++i) {
    delivery.header_names.push_back(Text(properties.headers.entries[i].key));
  }
  return delivery;
}

}  // namespace

Subscriber::Subscriber(const amqp::Url& url) : state_(amqp_new_connection()) {
  amqp_socket_t* socket = amqp_tcp_socket_new(state_);
  if (amqp_socket_open(socket, url.host.c_str(), url.port) != AMQP_STATUS_OK) {
    throw std::runtime_error("no RabbitMQ at TEST_RABBITMQ_URL");
  }
  const auto login = amqp_login(state_, url.vhost.c_str(), 0, AMQP_DEFAULT_FRAME_SIZE, 0, AMQP_SASL_METHOD_PLAIN,
                                url.user.c_str(), url.password.c_str());
  if (login.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error("login refused");
  amqp_channel_open(state_, kChannel);
  Check("open a channel");
  const auto* declared = amqp_queue_declare(state_, kChannel, amqp_empty_bytes, 0, 0,
                                            /*exclusive=*/1, /*auto_delete=*/1, amqp_empty_table);
  Check("declare a queue");
  queue_ = Text(declared->queue);
  amqp_basic_consume(state_, kChannel, Bytes(queue_), amqp_empty_bytes, 0, /*no_ack=*/1, 0, amqp_empty_table);
  Check("consume");
}

Subscriber::~Subscriber() {
  amqp_destroy_connection(state_);
}

void Subscriber::Bind(const std::string& exchange, const std::string& pattern) {
  amqp_exchange_declare(state_, kChannel, Bytes(exchange), amqp_cstring_bytes("topic"),
                        /*passive=*/0, /*durable=*/1, /*auto_delete=*/0, /*internal=*/0, amqp_empty_table);
  Check("declare the exchange");
  amqp_queue_bind(state_, kChannel, Bytes(queue_), Bytes(exchange), Bytes(pattern), amqp_empty_table);
  Check("bind");
}

std::string Subscriber::BindFullQueue(const std::string& exchange) {
  std::array<amqp_table_entry_t, 2> entries{};
  entries[0].key = amqp_cstring_bytes("x-max-length");
  entries[0].value.kind = AMQP_FIELD_KIND_I32;
  entries[0].value.value.i32 = 1;
  entries[1].key = amqp_cstring_bytes("x-overflow");
  entries[1].value.kind = AMQP_FIELD_KIND_UTF8;
  entries[1].value.value.bytes = amqp_cstring_bytes("reject-publish");
  const auto* declared = amqp_queue_declare(state_, kChannel, amqp_empty_bytes, 0, 0, /*exclusive=*/1,
                                            /*auto_delete=*/1, {static_cast<int>(entries.size()), entries.data()});
  Check("declare a full queue");
  const std::string queue = Text(declared->queue);
  amqp_queue_bind(state_, kChannel, Bytes(queue), Bytes(exchange), amqp_cstring_bytes("#"), amqp_empty_table);
  Check("bind the full queue");
  return queue;
}

void Subscriber::DeleteQueue(const std::string& queue) {
  amqp_queue_delete(state_, kChannel, Bytes(queue), /*if_unused=*/0, /*if_empty=*/0);
  Check("delete the queue");
}

void Subscriber::DeleteExchange(const std::string& exchange) {
  amqp_exchange_delete(state_, kChannel, Bytes(exchange), /*if_unused=*/0);
  Check("delete the exchange");
}

std::vector<Delivery> Subscriber::Take(std::size_t count, absl::Duration patience) {
  std::vector<Delivery> taken;
  while (taken.size() < count) {
    timeval limit = absl::ToTimeval(patience);
    amqp_envelope_t envelope;
    if (amqp_consume_message(state_, &envelope, &limit, 0).reply_type != AMQP_RESPONSE_NORMAL) break;
    taken.push_back(ToDelivery(envelope));
    amqp_destroy_envelope(&envelope);
    amqp_maybe_release_buffers(state_);
  }
  return taken;
}

void Subscriber::Check(const char* what) {
  if (amqp_get_rpc_reply(state_).reply_type != AMQP_RESPONSE_NORMAL) {
    throw std::runtime_error(std::string("cannot ") + what);
  }
}

}  // namespace ordersaga
