// Version 2 of the order's saga: loyalty points are granted after the payment, and taken back if the order fails later.
// It is not part of the product: it proves that a step is added without a change to core or engine
// (docs/adding_a_step.md).
#pragma once

#include "orchestrator/core/order_saga.h"

namespace ordersaga::loyalty {

inline constexpr orchestrator::EventType kPointsGranted = {
    .exchange = "loyalty", .routing_key = "loyalty.granted", .moment = "granted_at", .evidence = "grant_id"};
inline constexpr orchestrator::EventType kPointsRefused = {
    .exchange = "loyalty", .routing_key = "loyalty.refused", .moment = "refused_at", .reason = true};
inline constexpr orchestrator::EventType kPointsReturned = {
    .exchange = "loyalty", .routing_key = "loyalty.returned", .moment = "returned_at", .reason = true};

// The newest version alone.
orchestrator::Definition SagaWithLoyalty(const orchestrator::DefinitionOptions& options);

// Version 1, for the orders that began with it, and version 2.
orchestrator::Definitions SagasWithLoyalty(const orchestrator::DefinitionOptions& options);

}  // namespace ordersaga::loyalty
