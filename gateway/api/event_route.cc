#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

#include "gateway/api/callers.h"
#include "gateway/api/order_json.h"
#include "gateway/api/problem.h"
#include "gateway/api/routes.h"
#include "platform/base/error.h"

namespace ordersaga::gateway {
namespace {

namespace json = boost::json;
using http::Request;
using http::Respond;
using http::Response;
using http::ResponseStream;
using Message = OrderWatches::Message;

constexpr std::string_view kReconnect = "retry: 1000\n\n";

http::ResponseStreamOptions StreamOptions(absl::Duration heartbeat) {
  http::ResponseStreamOptions options;
  options.heartbeat = ": still here\n\n";
  options.heartbeat_every = heartbeat;
  options.goodbye = fmt::format(": the server stops; connect again\n{}", kReconnect);
  return options;
}

std::optional<std::int64_t> ReadPosition(std::string_view text) {
  std::int64_t sequence = 0;
  if (text.empty()) return sequence;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sequence);
  if (error != std::errc() || end != text.data() + text.size() || sequence < 0) return std::nullopt;
  return sequence;
}

// The position a client has reached: what its browser sends by itself, or a parameter for those who cannot set headers.
// The header counts, but both must make sense.
absl::StatusOr<std::int64_t> LastEventId(const Request& request) {
  const std::string* header = Header(request, "last-event-id");
  const auto parameter = request.query.find("last_event_id");
  const auto from_header = ReadPosition(header != nullptr ? *header : "");
  const auto from_query = ReadPosition(parameter != request.query.end() ? parameter->second : "");
  std::vector<FieldViolation> violations;
  if (!from_header.has_value()) violations.push_back({"Last-Event-ID", "must be the id of an earlier event"});
  if (!from_query.has_value()) violations.push_back({"last_event_id", "must be the id of an earlier event"});
  if (!violations.empty()) return BadRequest(violations);
  return header != nullptr && !header->empty() ? *from_header : *from_query;
}

std::string Entry(const std::string& order_id, const order::v1::JournalEntry& entry, bool with_id) {
  return fmt::format("{}event: journal\ndata: {}\n\n", with_id ? fmt::format("id: {}\n", entry.sequence()) : "",
                     json::serialize(EntryJson(order_id, entry)));
}

// The message as events. The last entry of the journal and the outcome share one id, which only the outcome carries: a
// client that is cut off between the two gets both again.
std::string Events(const std::string& order_id, const Message& message) {
  std::string events;
  for (int i = 0; i < message.journal_size(); ++i) {
    const bool last = message.has_order() && i + 1 == message.journal_size();
    events += Entry(order_id, message.journal(i), !last);
  }
  if (message.has_order()) {
    events += fmt::format("id: {}\nevent: outcome\ndata: {}\n\n", message.journal().rbegin()->sequence(),
                          json::serialize(OrderJson(message.order())));
  }
  return events;
}

// One client that listens.
struct Listener {
  const Request& request;  // until `begun`
  Respond respond;
  std::string order_id;
  std::shared_ptr<ResponseStream> stream;
  absl::Duration give_up;  // monotonic: when the first answer must be there
  bool begun = false;
};

bool OnTrouble(Listener& listener, const absl::Status& status, const Clock& clock) {
  const bool passing = status.code() == absl::StatusCode::kUnavailable;
  // Once it listens it is kept: it could only come back and ask the same again.
  if (passing && (listener.begun || clock.Monotonic() < listener.give_up)) return true;
  if (listener.begun) {
    listener.stream->Close();
  } else {
    listener.respond(Problem(status, listener.request));
  }
  return false;
}

bool OnMessage(Listener& listener, const Message& message) {
  const bool ended = message.has_order();
  if (!listener.begun) {
    listener.begun = true;
    // It knows the outcome: 204 is how a browser is told to stop asking.
    if (ended && message.journal().empty()) {
      listener.respond({204, "", "", {}});
      return false;
    }
    Response response{200, "text/event-stream", "", {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}}};
    response.stream = listener.stream;
    listener.stream->Write(kReconnect);
    listener.respond(std::move(response));
  }
  if (!message.journal().empty() && !listener.stream->Write(Events(listener.order_id, message))) return false;
  if (ended) listener.stream->Close();
  return !ended;
}

void Listen(RouteTools& tools, const Request& request, Respond respond) {
  const std::string& id = request.params.at("order_id");
  if (const absl::Status status = CheckOrderId(id); !status.ok()) return respond(Problem(status, request));
  const absl::StatusOr<std::int64_t> after = LastEventId(request);
  if (!after.ok()) return respond(Problem(after.status(), request));
  const auto listener = std::make_shared<Listener>(
      Listener{request, std::move(respond), id, std::make_shared<ResponseStream>(StreamOptions(tools.heartbeat)),
               tools.clock.Monotonic() + tools.orders.tools().patience});
  const auto watch =
      tools.watches.Watch(id, *after, AsCaller(request, TraceOf(request, tools.rng).metadata),
                          [listener, &clock = tools.clock](const auto& news) {
                            return news.ok() ? OnMessage(*listener, *news) : OnTrouble(*listener, news.status(), clock);
                          });
  listener->stream->OnEnd([watch] { OrderWatches::Cancel(watch); });
  request.OnGone([stream = listener->stream] { stream->End(); });
}

}  // namespace

void AddEventRoute(http::Router& router, RouteTools& tools) {
  router.Add("GET", "/api/v1/orders/{order_id}/events",
             [&tools](const Request& request, Respond respond) { Listen(tools, request, std::move(respond)); });
}

}  // namespace ordersaga::gateway
