#include "platform/amqp/subscription.h"

#include <fmt/format.h>

#include <string_view>

namespace ordersaga::amqp {
namespace {

void ReadHeaders(const amqp_basic_properties_t& properties, Delivery& delivery) {
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return;
  for (int i = 0; i < properties.headers.num_entries; ++i) {
    const auto& [name, value] = properties.headers.entries[i];
    if (ToString(name) == "sequence" && value.kind == AMQP_FIELD_KIND_I64) delivery.sequence = value.value.i64;
    if (ToString(name) == "traceparent" && value.kind == AMQP_FIELD_KIND_UTF8) {
      delivery.traceparent = ToString(value.value.bytes);
    }
  }
}

Delivery ToDelivery(const amqp_envelope_t& envelope) {
  const amqp_basic_properties_t& properties = envelope.message.properties;
  Delivery delivery;
  delivery.exchange = ToString(envelope.exchange);
  delivery.routing_key = ToString(envelope.routing_key);
  if ((properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0) delivery.message_id = ToString(properties.message_id);
  if ((properties._flags & AMQP_BASIC_CORRELATION_ID_FLAG) != 0) {
    delivery.correlation_id = ToString(properties.correlation_id);
  }
  delivery.body = ToString(envelope.message.body);
  ReadHeaders(properties, delivery);
  return delivery;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Subscription>> Subscription::Open(const ConnectionOptions& options,
                                                                 const std::vector<std::string>& exchanges,
                                                                 const std::string& pattern) {
  auto link = Link::Open(options);
  if (!link.ok()) return link.status();
  auto subscription = std::unique_ptr<Subscription>(new Subscription(*std::move(link)));
  if (auto status = subscription->Bind(exchanges, pattern); !status.ok()) return status;
  return subscription;
}

absl::Status Subscription::Bind(const std::vector<std::string>& exchanges, const std::string& pattern) {
  const amqp_connection_state_t state = link_->state();
  const amqp_queue_declare_ok_t* declared =
      amqp_queue_declare(state, Link::kChannel, amqp_empty_bytes, /*passive=*/0, /*durable=*/0, /*exclusive=*/1,
                         /*auto_delete=*/1, amqp_empty_table);
  if (auto status = link_->CheckReply("declare a queue"); !status.ok()) return status;
  const std::string queue = ToString(declared->queue);
  for (const std::string& exchange : exchanges) {
    if (auto status = link_->DeclareTopicExchange(exchange); !status.ok()) return status;
    amqp_queue_bind(state, Link::kChannel, ToBytes(queue), ToBytes(exchange), ToBytes(pattern), amqp_empty_table);
    if (auto status = link_->CheckReply(fmt::format("bind to exchange {}", exchange)); !status.ok()) return status;
  }
  amqp_basic_consume(state, Link::kChannel, ToBytes(queue), amqp_empty_bytes, /*no_local=*/0, /*no_ack=*/1,
                     /*exclusive=*/1, amqp_empty_table);
  return link_->CheckReply("consume");
}

absl::StatusOr<std::optional<Delivery>> Subscription::Next(absl::Duration wait) {
  amqp_maybe_release_buffers(link_->state());
  timeval limit = absl::ToTimeval(wait);
  amqp_envelope_t envelope;
  const amqp_rpc_reply_t reply = amqp_consume_message(link_->state(), &envelope, &limit, 0);
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) {
    Delivery delivery = ToDelivery(envelope);
    amqp_destroy_envelope(&envelope);
    return delivery;
  }
  if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION && reply.library_error == AMQP_STATUS_TIMEOUT) {
    return std::nullopt;
  }
  return link_->Check(reply, "read");
}

}  // namespace ordersaga::amqp
