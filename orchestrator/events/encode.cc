#include "orchestrator/events/encode.h"

#include <fmt/format.h>

#include "orchestrator/events/flat_json.h"
#include "platform/base/money.h"

namespace ordersaga::orchestrator {
namespace {

void AddAmount(const Money& amount, FlatJson* body) {
  body->Raw("amount", FormatMajor(amount)).Text("currency", amount.currency);
}

// Words for people, beside a reason code; left out when there are none.
void AddReason(const DomainEvent& event, FlatJson* body) {
  body->Text("reason", event.reason);
  if (!event.message.empty()) body->Text("message", event.message);
}

std::string_view Or(std::string_view text, std::string_view fallback) {
  return text.empty() ? fallback : text;
}

// The fields that only this type of event has.
void AddDetails(const DomainEvent& event, FlatJson* body) {
  const std::string at = FormatEventTime(event.at);
  switch (event.type) {
    case DomainEventType::kOrderCreated:
      body->Text("status", "PENDING").Text("created_at", at);
      return;
    case DomainEventType::kPaymentSuccessful:
      AddAmount(event.amount, body);
      body->Text("status", "SUCCESS")
          .Text("message", Or(event.message, "Payment processed successfully"))
          .Text("processed_at", at);
      return;
    case DomainEventType::kPaymentFailed:
      AddReason(event, body);
      body->Text("failed_at", at);
      return;
    case DomainEventType::kPaymentRefunded:
      AddAmount(event.amount, body);
      AddReason(event, body);
      body->Text("refunded_at", at);
      return;
    case DomainEventType::kInventorySuccessful:
      body->Text("message", Or(event.message, "Inventory reserved successfully")).Text("processed_at", at);
      return;
    case DomainEventType::kInventoryFailed:
      AddReason(event, body);
      body->Text("failed_at", at);
      return;
    case DomainEventType::kOrderCompleted:
      AddAmount(event.amount, body);
      body->Text("status", "COMPLETED").Text("completed_at", at);
      return;
    case DomainEventType::kOrderCancelled:
      AddAmount(event.amount, body);
      body->Text("status", "CANCELLED");
      AddReason(event, body);
      body->Text("cancelled_at", at);
      return;
    case DomainEventType::kSagaNeedsAttention:
      AddReason(event, body);
      body->Text("raised_at", at);
      return;
    case DomainEventType::kNotificationSent:
      body->Text("notification_id", event.message).Text("sent_at", at);
      return;
  }
}

}  // namespace

std::string EncodeItems(const Order& order) {
  std::string json;
  for (const OrderLine& line : order.lines) {
    json += json.empty() ? '[' : ',';
    FlatJson item;
    item.Text("item_id", line.item_id).Number("quantity", line.quantity);
    json += item.Take();
  }
  return json + ']';
}

std::string EncodeBody(const Order& order, const DomainEvent& event) {
  FlatJson body;
  body.Text("order_id", order.id.ToString());
  // An order without lines is refused at the door; should one appear, its events still have the
  // promised fields.
  body.Text("item_id", order.lines.empty() ? "" : order.lines.front().item_id)
      .Number("quantity", order.lines.empty() ? 0 : order.lines.front().quantity)
      .Text("user_email", order.user_email);
  AddDetails(event, &body);
  body.Number("sequence", event.sequence);
  if (order.lines.size() > 1) body.Raw("items", EncodeItems(order));
  return body.Take();
}

std::string_view ExchangeOf(std::string_view routing_key) {
  if (routing_key.starts_with("payment.")) return "payments";
  if (routing_key.starts_with("inventory.")) return "inventory";
  return "orders";
}

std::string MessageId(const Uuid& order_id, std::int64_t sequence) {
  return Uuid::FromName(fmt::format("{}/{}", order_id.ToString(), sequence)).ToString();
}

std::string FormatEventTime(absl::Time time) {
  // Cut to what the database keeps; %E*S would print nanoseconds.
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixMicros(absl::ToUnixMicros(time)), absl::UTCTimeZone());
}

}  // namespace ordersaga::orchestrator
