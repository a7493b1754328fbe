#include "orchestrator/adapters/amqp/event_publisher_amqp.h"

#include <fmt/format.h>

#include <utility>

#include "orchestrator/events/encode.h"

namespace ordersaga::orchestrator {
namespace {

PublishResult ToResult(amqp::Outcome outcome) {
  switch (outcome) {
    case amqp::Outcome::kConfirmed:
      return PublishResult::kConfirmed;
    case amqp::Outcome::kUnroutable:
      return PublishResult::kUnroutable;
    case amqp::Outcome::kRefused:
      return PublishResult::kRefused;
    case amqp::Outcome::kUnpublishable:
      return PublishResult::kUnpublishable;
    case amqp::Outcome::kLost:
      break;
  }
  return PublishResult::kLost;
}

}  // namespace

amqp::Message ToMessage(const OutboxEvent& event, std::string_view exchange) {
  amqp::Message message;
  message.exchange = exchange;
  message.routing_key = event.routing_key;
  message.body = event.body;
  message.message_id = MessageId(event.order_id, event.sequence);
  message.correlation_id = event.order_id.ToString();
  message.type = event.routing_key;
  message.app_id = "ordersaga";
  message.timestamp = event.at;
  message.headers = {
      {"sequence", event.sequence},
      {"ce-specversion", "1.0"},
      {"ce-id", message.message_id},
      {"ce-type", fmt::format("com.ordersaga.{}.v1", event.routing_key)},
      {"ce-source", "/ordersaga/orchestrator"},
      {"ce-subject", message.correlation_id},
      {"ce-time", FormatEventTime(event.at)},
      {"ce-datacontenttype", message.content_type},
  };
  if (!event.traceparent.empty()) message.headers.emplace_back("traceparent", event.traceparent);
  return message;
}

void EventPublisherAmqp::Publish(const OutboxEvent& event, std::function<void(PublishResult)> done) {
  publisher_.Publish(ToMessage(event, definitions_.ExchangeOf(event.routing_key)),
                     [done = std::move(done)](amqp::Outcome outcome) { done(ToResult(outcome)); });
}

}  // namespace ordersaga::orchestrator
