// The gateway's routes: REST in, gRPC calls out.
#pragma once

#include "gateway/api/backend.h"
#include "gateway/api/headers.h"
#include "gateway/api/limits.h"
#include "gateway/api/order_watches.h"
#include "ordersaga/event/v1/event.grpc.pb.h"
#include "ordersaga/inventory/v1/inventory.grpc.pb.h"
#include "ordersaga/order/v1/order.grpc.pb.h"
#include "ordersaga/payment/v1/payment.grpc.pb.h"
#include "ordersaga/saga/v1/saga_admin.grpc.pb.h"
#include "platform/http/router.h"

namespace ordersaga::gateway {

// What the routes use. All of it outlives the server.
struct RouteTools {
  Backend<order::v1::OrderService>& orders;
  Backend<saga::v1::SagaAdminService>& sagas;
  Backend<event::v1::EventService>& events;
  Backend<payment::v1::PaymentService>& payments;
  Backend<inventory::v1::InventoryService>& inventory;
  OrderWatches& watches;
  const Clock& clock;
  Rng& rng;
  InputLimits limits = {};
  absl::Duration longest_wait = absl::Seconds(60);  // that a client may ask for with Prefer: wait
  absl::Duration heartbeat = absl::Seconds(15);     // of event streams
};

// /api/v1/orders and what is below it, without the events.
void AddOrderRoutes(http::Router& router, RouteTools& tools);
// /api/v1/orders/{order_id}/events
void AddEventRoute(http::Router& router, RouteTools& tools);
// /api/v1/products
void AddProductRoutes(http::Router& router, RouteTools& tools);
// /health, /openapi.json, /docs
void AddPageRoutes(http::Router& router);

// 404 for what cannot be an order's id, before anybody is asked.
absl::Status CheckOrderId(const std::string& id);

}  // namespace ordersaga::gateway
