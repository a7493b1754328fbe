#include "orchestrator/events/encode.h"

#include <fmt/format.h>

#include "orchestrator/events/flat_json.h"
#include "platform/base/money.h"

namespace ordersaga::orchestrator {
namespace {

// What this kind of event says, in the order that its subscribers know.
void AddDetails(const DomainEvent& event, FlatJson* body) {
  const EventType& type = *event.type;
  if (type.amount) body->Raw("amount", FormatMajor(event.amount)).Text("currency", event.amount.currency);
  if (!type.status.empty()) body->Text("status", type.status);
  if (!type.message.empty()) body->Text("message", type.message);
  if (!type.evidence.empty()) body->Text(type.evidence, event.message);
  if (type.reason) {
    body->Text("reason", event.reason);
    if (!event.message.empty()) body->Text("message", event.message);
  }
  if (event.settlement.has_value()) {
    body->Text("closed_by", event.settlement->by).Raw("settled_amount", FormatMajor(event.settlement->amount));
  }
  body->Text(type.moment, FormatEventTime(event.at));
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

std::string MessageId(const Uuid& order_id, std::int64_t sequence) {
  return Uuid::FromName(fmt::format("{}/{}", order_id.ToString(), sequence)).ToString();
}

std::string FormatEventTime(absl::Time time) {
  // Cut to what the database keeps; %E*S would print nanoseconds.
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixMicros(absl::ToUnixMicros(time)), absl::UTCTimeZone());
}

}  // namespace ordersaga::orchestrator
