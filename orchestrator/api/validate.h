// From a request off the wire to values the engine can trust. Pure.
#pragma once

#include "absl/status/statusor.h"
#include "orchestrator/engine/engine.h"
#include "ordersaga/order/v1/order.pb.h"
#include "platform/access/principal.h"

namespace ordersaga::orchestrator {

// Without prices (core/pricing.h). `client`: whose order it will be. Errors: INVALID_ARGUMENT naming every bad field.
absl::StatusOr<PlaceRequest> Validate(const order::v1::PlaceOrderRequest& request, const std::string& client);

// Errors: NOT_FOUND for anything that is not an id of ours.
absl::StatusOr<Uuid> ParseOrderId(const std::string& text);

// What `caller` is told of an order that was read: NOT_FOUND, too, if it is another client's.
absl::Status Seen(const absl::StatusOr<Saga>& saga, const access::Principal& caller);

}  // namespace ordersaga::orchestrator
