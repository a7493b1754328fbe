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
#include <string_view>

#include "orchestrator/core/definitions.h"
#include "orchestrator/ports/event_publisher.h"
#include "platform/amqp/message.h"
#include "platform/amqp/publisher.h"

namespace ordersaga::orchestrator {

// The message for an outbox row. Pure.
amqp::Message ToMessage(const OutboxEvent& event, std::string_view exchange);

class EventPublisherAmqp final : public EventPublisher {
 public:
  // `definitions` say which exchange an event goes to.
  EventPublisherAmqp(const Definitions& definitions, amqp::ConfirmedPublisher& publisher)
      : definitions_(definitions), publisher_(publisher) {}

  void Publish(const OutboxEvent& event, std::function<void(PublishResult)> done) override;
  std::int64_t connections() const override { return publisher_.connects(); }

 private:
  const Definitions& definitions_;
  amqp::ConfirmedPublisher& publisher_;
};

}  // namespace ordersaga::orchestrator
