// The EventPublisher port on RabbitMQ: turns an outbox row into a persistent message on its topic
// exchange.
//
// Body: the stored flat JSON. Properties: message_id (stable per event), correlation_id = order id,
// type = routing key, timestamp, app_id "ordersaga". Headers: `sequence` (1..n per order),
// `traceparent` (the order's) and the CloudEvents 1.0 attributes as `ce-` headers (binary style). Threads, errors and
// memory: as amqp::ConfirmedPublisher, which must outlive this.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "orchestrator/ports/event_publisher.h"
#include "platform/amqp/message.h"
#include "platform/amqp/publisher.h"

namespace ordersaga::orchestrator {

// What the broker must have: "orders", "payments", "inventory".
std::vector<std::string> EventExchanges();

// The message for an outbox row. Pure.
amqp::Message ToMessage(const OutboxEvent& event);

class AmqpEventPublisher final : public EventPublisher {
 public:
  explicit AmqpEventPublisher(amqp::ConfirmedPublisher& publisher) : publisher_(publisher) {}

  void Publish(const OutboxEvent& event, std::function<void(PublishResult)> done) override;
  std::int64_t connections() const override { return publisher_.connects(); }

 private:
  amqp::ConfirmedPublisher& publisher_;
};

}  // namespace ordersaga::orchestrator
