#include <fmt/format.h>

#include <boost/json.hpp>

#include "sagactl/render.h"
#include "sagactl/table.h"
#include "sagactl/text.h"

namespace ordersaga::cli {
namespace {

namespace json = boost::json;
using event::v1::HeldEvent;

constexpr std::size_t kWholeBody = std::size_t{128} * 1024 * 1024;

std::string Quoted(const std::string& text) {
  return json::serialize(json::string(Printable(text)));
}

// As it is if it is a JSON object (amounts keep their digits), else as a text.
std::string BodyAsJson(const std::string& body) {
  json::error_code error;
  const json::value value = json::parse(body, error);
  const std::string printable = Printable(body, kWholeBody);
  if (!error && value.is_object()) return printable;
  return json::serialize(json::string(printable));
}

std::string Columns(const std::string& key, const std::string& order, const std::string& sequence,
                    const std::string& body) {
  return fmt::format("{:<22}  {:<36}  {:>2}  {}\n", key, order, sequence, body);
}

}  // namespace

std::string EventHeader(bool colored) {
  return Paint(Columns("EVENT", "ORDER", "#", "BODY"), Color::kBold, colored);
}

std::string EventAsLine(const amqp::Delivery& event) {
  return Columns(Printable(event.routing_key), OrDash(Printable(event.correlation_id)),
                 event.sequence.has_value() ? std::to_string(*event.sequence) : "-", Printable(event.body));
}

std::string EventAsJson(const amqp::Delivery& event) {
  return fmt::format(R"({{"exchange":{},"routing_key":{},"message_id":{},"order_id":{},"sequence":{},)"
                     R"("traceparent":{},"body":{}}})"
                     "\n",
                     Quoted(event.exchange), Quoted(event.routing_key), Quoted(event.message_id),
                     Quoted(event.correlation_id),
                     event.sequence.has_value() ? std::to_string(*event.sequence) : "null",
                     event.traceparent.empty() ? "null" : Quoted(event.traceparent), BodyAsJson(event.body));
}

std::string HeldAsTable(const std::vector<HeldEvent>& events, bool colored) {
  Table table({"ORDER", "#", "EVENT", "REASON", "HELD SINCE"});
  for (const HeldEvent& held : events) {
    const bool first = held.reason() != "BEHIND_HELD";
    table.Add({Printable(held.event().order_id()), std::to_string(held.event().sequence()),
               Printable(held.event().routing_key()),
               Cell(Printable(held.reason()), first ? Color::kRed : Color::kNone),
               TimeForPeople(held.has_held_at(), held.held_at())});
  }
  return table.Render(colored);
}

std::string HeldAsJson(const std::vector<HeldEvent>& events) {
  json::array array;
  for (const HeldEvent& held : events) {
    array.push_back(json::object{{"order_id", Printable(held.event().order_id())},
                                 {"sequence", held.event().sequence()},
                                 {"routing_key", Printable(held.event().routing_key())},
                                 {"message_id", Printable(held.event().message_id())},
                                 {"reason", Printable(held.reason())},
                                 {"held_at", TimeForPrograms(held.held_at())}});
  }
  return json::serialize(json::object{{"held", std::move(array)}}) + "\n";
}

std::string ReplayedText(std::int64_t count, const std::string& queue, bool as_json) {
  if (as_json) return json::serialize(json::object{{"replayed", count}, {"queue", Printable(queue)}}) + "\n";
  return fmt::format("Replayed {} events to {}.\n", count, Printable(queue));
}

}  // namespace ordersaga::cli
