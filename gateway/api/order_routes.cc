#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "gateway/api/callers.h"
#include "gateway/api/expand_json.h"
#include "gateway/api/order_json.h"
#include "gateway/api/problem.h"
#include "gateway/api/routes.h"
#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/base/uuid.h"
#include "platform/runtime/log.h"

namespace ordersaga::gateway {
namespace {

namespace json = boost::json;
using order::v1::Order;
using OrderStub = rpc::AsyncOf<order::v1::OrderService::Stub>;
using http::Request;
using http::Respond;
using http::Response;

constexpr char kJson[] = "application/json";

std::string LocationOf(const std::string& order_id) {
  return "/api/v1/orders/" + order_id;
}

bool Ended(const Order& order) {
  return order.status() != order::v1::ORDER_STATUS_PENDING;
}

absl::StatusOr<order::v1::PlaceOrderRequest> OrderFrom(const Request& request, const RouteTools& tools) {
  absl::StatusOr<order::v1::PlaceOrderRequest> order = ReadOrder(request.body, tools.limits);
  if (!order.ok()) return order.status();
  absl::StatusOr<std::optional<std::string>> key = IdempotencyKey(request);
  if (!key.ok()) return key.status();
  // One of ours if the client sent none, so that our own repeats across a failover are safe.
  order->set_idempotency_key(key->has_value() ? **key : Uuid::MakeV7(tools.clock.Now(), 0, tools.rng).ToString());
  return order;
}

Response Accepted(const order::v1::PlaceOrderResponse& placed) {
  Response response{
      202, kJson, WritePlaced(placed), {{"Location", LocationOf(placed.order_id())}, {"Retry-After", "1"}}};
  if (placed.replayed()) response.headers.emplace_back("Idempotent-Replayed", "true");
  return response;
}

void PlaceOrder(RouteTools& tools, const Request& request, Respond respond) {
  absl::StatusOr<order::v1::PlaceOrderRequest> order = OrderFrom(request, tools);
  if (!order.ok()) return respond(Problem(order.status(), request));
  Trace trace = TraceOf(request, tools.rng);
  const absl::Duration wait = PreferredWait(request, tools.longest_wait);
  tools.orders.Call(&OrderStub::PlaceOrder, *std::move(order), AsCaller(request, trace.metadata),
                    [&tools, &request, respond = std::move(respond), trace,
                     wait](const absl::StatusOr<order::v1::PlaceOrderResponse>& placed) {
                      if (!placed.ok()) return respond(Problem(placed.status(), request));
                      LogInfo("order accepted", {{"order_id", placed->order_id()},
                                                 {"caller", request.caller},
                                                 {"request_id", request.request_id},
                                                 {"trace_id", trace.id}});
                      if (wait == absl::ZeroDuration()) return respond(Accepted(*placed));
                      tools.watches.Await(
                          placed->order_id(), wait, request, AsCaller(request, trace.metadata),
                          [respond, placed = *placed](const std::optional<Order>& ended) {
                            Response response = Accepted(placed);
                            if (ended.has_value()) {
                              response = {200, kJson, json::serialize(OrderJson(*ended)), response.headers};
                              std::erase_if(response.headers, [](auto& h) { return h.first == "Retry-After"; });
                              response.headers.emplace_back("ETag", EntityTag(ended->version()));
                            }
                            response.headers.emplace_back("Preference-Applied", "wait");
                            respond(std::move(response));
                          });
                    });
}

// One GET of an order, with everything it asks for, fetched one after the other.
struct Reading {
  RouteTools& tools;
  const Request& request;
  Respond respond;
  rpc::Metadata metadata;           // of what only the gateway may ask for, when the client has been shown the order
  std::vector<std::string> expand;  // not yet fetched; the last comes first
  bool expanded = false;
  Order order;
  json::object out;
};

void Finish(const std::shared_ptr<Reading>& reading) {
  Response response{200, kJson, "", {}};
  if (!reading->expanded) {
    // What others know of the order has versions of its own.
    response.headers.emplace_back("ETag", EntityTag(reading->order.version()));
    response.headers.emplace_back("Cache-Control", "no-cache");
    const std::string* known = Header(reading->request, "if-none-match");
    if (known != nullptr && NamesVersion(*known, reading->order.version())) {
      response.status = 304;
      response.content_type.clear();
      return reading->respond(std::move(response));
    }
  }
  response.body = json::serialize(reading->out);
  reading->respond(std::move(response));
}

void Expand(const std::shared_ptr<Reading>& reading);

// A callback that adds `member` to the answer and goes on.
template <typename Message, typename Json>
auto Adding(const std::shared_ptr<Reading>& reading, const char* member, Json (*render)(const Message&)) {
  return [reading, member, render](const absl::StatusOr<Message>& message) {
    if (!message.ok()) return reading->respond(Problem(message.status(), reading->request));
    reading->out[member] = render(*message);
    Expand(reading);
  };
}

void Expand(const std::shared_ptr<Reading>& reading) {
  if (reading->expand.empty()) return Finish(reading);
  const std::string next = std::move(reading->expand.back());
  reading->expand.pop_back();
  if (next == "saga") {
    saga::v1::GetSagaRequest get;
    get.set_id(reading->order.id());
    reading->tools.sagas.Call(&rpc::AsyncOf<saga::v1::SagaAdminService::Stub>::GetSaga, get, reading->metadata,
                              Adding(reading, "saga", SagaJson));
  } else if (next == "events") {
    event::v1::ListEventsRequest list;
    list.set_order_id(reading->order.id());
    reading->tools.events.Collect(&rpc::AsyncOf<event::v1::EventService::Stub>::ListEvents, list, reading->metadata,
                                  Adding(reading, "events", EventsJson));
  } else {
    payment::v1::ListChargesRequest list;
    list.set_order_id(reading->order.id());
    reading->tools.payments.Call(&rpc::AsyncOf<payment::v1::PaymentService::Stub>::ListCharges, list, reading->metadata,
                                 Adding(reading, "payment", PaymentJson));
  }
}

absl::StatusOr<std::vector<std::string>> ReadExpand(const Request& request) {
  std::vector<std::string> expand;
  const auto found = request.query.find("expand");
  if (found == request.query.end()) return expand;
  std::string_view list = found->second;
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(','));
    list.remove_prefix(std::min(name.size() + 1, list.size()));
    if (name != "saga" && name != "payment" && name != "events") {
      return BadRequest({{"expand", "must be one or more of saga, payment, events, separated by commas"}});
    }
    if (std::find(expand.begin(), expand.end(), name) == expand.end()) expand.emplace_back(name);
  }
  std::reverse(expand.begin(), expand.end());
  return expand;
}

void ReadOrderInto(const std::shared_ptr<Reading>& reading, const std::string& id, absl::Duration wait) {
  order::v1::GetOrderRequest get;
  get.set_order_id(id);
  reading->tools.orders.Call(&OrderStub::GetOrder, get, AsCaller(reading->request, reading->metadata),
                             [reading, wait, id](const absl::StatusOr<order::v1::GetOrderResponse>& response) {
                               if (!response.ok())
                                 return reading->respond(Problem(response.status(), reading->request));
                               if (wait > absl::ZeroDuration() && !Ended(response->order())) {
                                 // Read again afterwards, whether it has ended or not.
                                 return reading->tools.watches.Await(
                                     id, wait, reading->request, AsCaller(reading->request, reading->metadata),
                                     [reading, id](const auto&) { ReadOrderInto(reading, id, absl::ZeroDuration()); });
                               }
                               reading->order = response->order();
                               reading->out = OrderJson(reading->order);
                               Expand(reading);
                             });
}

void GetOrder(RouteTools& tools, const Request& request, Respond respond) {
  const std::string& id = request.params.at("order_id");
  if (const absl::Status status = CheckOrderId(id); !status.ok()) return respond(Problem(status, request));
  absl::StatusOr<std::vector<std::string>> expand = ReadExpand(request);
  if (!expand.ok()) return respond(Problem(expand.status(), request));
  const bool expanded = !expand->empty();
  const auto reading = std::make_shared<Reading>(Reading{
      tools, request, std::move(respond), TraceOf(request, tools.rng).metadata, *std::move(expand), expanded, {}, {}});
  ReadOrderInto(reading, id, PreferredWait(request, tools.longest_wait));
}

void ListOrders(RouteTools& tools, const Request& request, Respond respond) {
  absl::StatusOr<order::v1::ListOrdersRequest> listing = ReadListing(request.query);
  if (!listing.ok()) return respond(Problem(listing.status(), request));
  tools.orders.Call(
      &OrderStub::ListOrders, *std::move(listing), AsCaller(request, TraceOf(request, tools.rng).metadata),
      [&request, respond = std::move(respond)](const absl::StatusOr<order::v1::ListOrdersResponse>& orders) {
        if (!orders.ok()) return respond(Problem(orders.status(), request));
        respond({200, kJson, WriteOrders(*orders), {}});
      });
}

// The one version that If-Match allows; 0: any. FAILED_PRECONDITION: none can match.
absl::StatusOr<std::int64_t> WantedVersion(const Request& request) {
  const std::string* tags = Header(request, "if-match");
  if (tags == nullptr || *tags == "*") return 0;
  std::int64_t version = 0;
  const bool quoted = tags->size() > 2 && tags->front() == '"' && tags->back() == '"';
  const auto digits = quoted ? std::string_view(*tags).substr(1, tags->size() - 2) : std::string_view();
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (quoted && error == std::errc() && end == digits.data() + digits.size() && version > 0) return version;
  return MakeError(absl::StatusCode::kFailedPrecondition, "ORDER_CHANGED", "If-Match is not an ETag of this order");
}

void CancelOrder(RouteTools& tools, const Request& request, Respond respond) {
  const std::string& id = request.params.at("order_id");
  if (const absl::Status status = CheckOrderId(id); !status.ok()) return respond(Problem(status, request));
  const absl::StatusOr<std::string> reason = ReadReason(request.body, tools.limits);
  if (!reason.ok()) return respond(Problem(reason.status(), request));
  const absl::StatusOr<std::int64_t> version = WantedVersion(request);
  if (!version.ok()) return respond(Problem(version.status(), request));
  order::v1::CancelOrderRequest cancel;
  cancel.set_order_id(id);
  cancel.set_reason(*reason);
  cancel.set_if_version(*version);
  tools.orders.Call(
      &OrderStub::CancelOrder, cancel, AsCaller(request, TraceOf(request, tools.rng).metadata),
      [&request, respond = std::move(respond), id](const absl::StatusOr<order::v1::CancelOrderResponse>& cancelled) {
        if (!cancelled.ok()) return respond(Problem(cancelled.status(), request));
        const json::object body{{"message", "Cancellation accepted for processing"}, {"order_id", id}};
        respond({202, kJson, json::serialize(body), {{"Location", LocationOf(id)}, {"Retry-After", "1"}}});
      });
}

}  // namespace

absl::Status CheckOrderId(const std::string& id) {
  if (Uuid::Parse(id).has_value()) return absl::OkStatus();
  return MakeError(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND", "there is no such order");
}

void AddOrderRoutes(http::Router& router, RouteTools& tools) {
  using Route = void (*)(RouteTools&, const Request&, Respond);
  const auto add = [&](const char* method, const char* pattern, Route route) {
    router.Add(method, pattern,
               [&tools, route](const Request& request, Respond respond) { route(tools, request, std::move(respond)); });
  };
  add("POST", "/api/v1/orders", PlaceOrder);
  add("GET", "/api/v1/orders", ListOrders);
  add("GET", "/api/v1/orders/{order_id}", GetOrder);
  add("POST", "/api/v1/orders/{order_id}/cancel", CancelOrder);
}

}  // namespace ordersaga::gateway
