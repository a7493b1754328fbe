#include "tests/bench/load/follower.h"

#include <fmt/format.h>

namespace ordersaga::bench {
namespace {

constexpr std::uint16_t kPrefetch = 1000;
constexpr std::uint64_t kAcknowledgeEvery = 100;

std::string_view View(amqp_bytes_t bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

std::int64_t SequenceIn(const amqp_basic_properties_t& properties) {
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return 0;
  for (int i = 0; i < properties.headers.num_entries; ++i) {
    const auto& [name, value] = properties.headers.entries[i];
    if (View(name) == "sequence" && value.kind == AMQP_FIELD_KIND_I64) return value.value.i64;
  }
  return 0;
}

}  // namespace

absl::Status Follower::Open() {
  auto link = amqp::Link::Open(options_);
  if (!link.ok()) return link.status();
  link_ = *std::move(link);
  read_ = acknowledged_ = 0;
  if (auto status = Bind(); !status.ok()) return status;
  amqp_basic_qos(link_->state(), amqp::Link::kChannel, 0, kPrefetch, 0);
  if (auto status = link_->CheckReply("set the window"); !status.ok()) return status;
  amqp_basic_consume(link_->state(), amqp::Link::kChannel, amqp::ToBytes(queue_), amqp_empty_bytes, /*no_local=*/0,
                     /*no_ack=*/0, /*exclusive=*/1, amqp_empty_table);
  return link_->CheckReply("consume");
}

absl::Status Follower::Bind() {
  amqp_queue_declare(link_->state(), amqp::Link::kChannel, amqp::ToBytes(queue_), /*passive=*/0, /*durable=*/1,
                     /*exclusive=*/0, /*auto_delete=*/0, amqp_empty_table);
  if (auto status = link_->CheckReply("declare a queue"); !status.ok()) return status;
  const std::string all = "#";
  for (const std::string& exchange : exchanges_) {
    if (auto status = link_->DeclareTopicExchange(exchange); !status.ok()) return status;
    amqp_queue_bind(link_->state(), amqp::Link::kChannel, amqp::ToBytes(queue_), amqp::ToBytes(exchange),
                    amqp::ToBytes(all), amqp_empty_table);
    if (auto status = link_->CheckReply(fmt::format("bind to exchange {}", exchange)); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Follower::Next(const OnEvent& on_event) {
  amqp_maybe_release_buffers(link_->state());
  timeval limit{.tv_sec = 0, .tv_usec = 100'000};
  amqp_envelope_t envelope;
  const amqp_rpc_reply_t reply = amqp_consume_message(link_->state(), &envelope, &limit, 0);
  if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION && reply.library_error == AMQP_STATUS_TIMEOUT) {
    return Acknowledge();
  }
  if (auto status = link_->Check(reply, "read"); !status.ok()) return status;
  const amqp_basic_properties_t& properties = envelope.message.properties;
  read_ = envelope.delivery_tag;
  on_event(View(properties.correlation_id), View(envelope.routing_key), SequenceIn(properties));
  amqp_destroy_envelope(&envelope);
  return read_ - acknowledged_ >= kAcknowledgeEvery ? Acknowledge() : absl::OkStatus();
}

absl::Status Follower::Acknowledge() {
  if (read_ == acknowledged_) return absl::OkStatus();
  acknowledged_ = read_;
  return amqp::FromLibrary(amqp_basic_ack(link_->state(), amqp::Link::kChannel, read_, /*multiple=*/1), "acknowledge");
}

void Follower::Close() {
  amqp_queue_delete(link_->state(), amqp::Link::kChannel, amqp::ToBytes(queue_), 0, 0);
  link_->Close();
}

}  // namespace ordersaga::bench
