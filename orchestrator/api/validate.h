// From a request off the wire to values the engine can trust. Pure.
#pragma once

#include "absl/status/statusor.h"
#include "orchestrator/engine/engine.h"
#include "ordersaga/order/v1/order.pb.h"

namespace ordersaga::orchestrator {

// Without prices (core/pricing.h). Errors: INVALID_ARGUMENT naming every bad field.
absl::StatusOr<PlaceRequest> Validate(const order::v1::PlaceOrderRequest& request);

// Errors: NOT_FOUND for anything that is not an id of ours.
absl::StatusOr<Uuid> ParseOrderId(const std::string& text);

}  // namespace ordersaga::orchestrator
