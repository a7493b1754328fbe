// From a request off the wire to values the engine can trust. Pure.
#pragma once

#include "absl/status/statusor.h"
#include "orchestrator/api/price_list.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/ports/saga_reader.h"
#include "ordersaga/order/v1/order.pb.h"

namespace ordersaga::orchestrator {

// Errors: INVALID_ARGUMENT naming every bad field.
absl::StatusOr<PlaceRequest> Validate(const order::v1::PlaceOrderRequest& request, const PriceList& prices);

// Errors: INVALID_ARGUMENT naming every bad field.
absl::StatusOr<SagaFilter> FilterFrom(const order::v1::ListOrdersRequest& request);

// Errors: NOT_FOUND for anything that is not an id of ours.
absl::StatusOr<Uuid> ParseOrderId(const std::string& text);

}  // namespace ordersaga::orchestrator
