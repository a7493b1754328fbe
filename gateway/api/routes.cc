#include "gateway/api/routes.h"

#include <algorithm>

#include "gateway/api/order_json.h"
#include "gateway/api/problem.h"
#include "platform/base/error.h"
#include "platform/base/uuid.h"
#include "platform/runtime/log.h"

namespace ordersaga::gateway {
namespace {

constexpr std::size_t kMaxKey = 255;

// Quoted, as the IETF draft draft-ietf-httpapi-idempotency-key-header writes it, or bare, as many clients send it.
absl::StatusOr<std::string> ReadIdempotencyKey(std::string_view header) {
  if (header.size() >= 2 && header.front() == '"' && header.back() == '"') {
    header = header.substr(1, header.size() - 2);
  }
  const bool visible = std::all_of(header.begin(), header.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (header.empty() || header.size() > kMaxKey || !visible) {
    return BadRequest({{"Idempotency-Key", "must be 1 to 255 visible ASCII characters, quoted or bare"}});
  }
  return std::string(header);
}

absl::StatusOr<order::v1::PlaceOrderRequest> OrderFrom(const http::Request& request, const Clock& clock, Rng& rng) {
  absl::StatusOr<order::v1::PlaceOrderRequest> order = ReadOrder(request.body);
  if (!order.ok()) return order.status();
  const auto header = request.headers.find("idempotency-key");
  if (header == request.headers.end()) {
    // Ours, so that our own repeats across a failover are safe.
    order->set_idempotency_key(Uuid::MakeV7(clock.Now(), 0, rng).ToString());
    return order;
  }
  absl::StatusOr<std::string> key = ReadIdempotencyKey(header->second);
  if (!key.ok()) return key.status();
  order->set_idempotency_key(*std::move(key));
  return order;
}

}  // namespace

void AddRoutes(http::Router& router, OrderClient& orders, const Clock& clock, Rng& rng) {
  router.Add("POST", "/api/v1/orders", [&](const http::Request& request, http::Respond respond) {
    absl::StatusOr<order::v1::PlaceOrderRequest> order = OrderFrom(request, clock, rng);
    if (!order.ok()) return respond(Problem(order.status(), request));
    orders.Place(*std::move(order), [&request, respond](const absl::StatusOr<order::v1::PlaceOrderResponse>& placed) {
      if (!placed.ok()) return respond(Problem(placed.status(), request));
      LogInfo("order accepted", {{"order_id", placed->order_id()}, {"request_id", request.request_id}});
      respond({202,
               "application/json",
               WritePlaced(*placed),
               {{"Location", "/api/v1/orders/" + placed->order_id()}, {"Retry-After", "1"}}});
    });
  });
  router.Add("GET", "/api/v1/orders/{order_id}", [&](const http::Request& request, http::Respond respond) {
    const std::string& id = request.params.at("order_id");
    if (!Uuid::Parse(id).has_value()) {
      const auto unknown = MakeError(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND", "there is no such order");
      return respond(Problem(unknown, request));
    }
    orders.Get(id, [&request, respond](const absl::StatusOr<order::v1::Order>& order) {
      if (!order.ok()) return respond(Problem(order.status(), request));
      respond({200, "application/json", WriteOrder(*order), {}});
    });
  });
  router.Add("GET", "/health", [](const http::Request&, const http::Respond& respond) {
    respond({200, "application/json", R"({"status":"healthy"})", {}});
  });
}

}  // namespace ordersaga::gateway
