// The gateway's routes: REST in, OrderClient calls out.
#pragma once

#include "gateway/api/order_client.h"
#include "platform/http/router.h"

namespace ordersaga::gateway {

// `clock` and `rng` make the idempotency keys of clients that send none.
void AddRoutes(http::Router& router, OrderClient& orders, const Clock& clock, Rng& rng);

}  // namespace ordersaga::gateway
