// What other services know, as the gateway's JSON. Pure.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <vector>

#include "ordersaga/event/v1/event.pb.h"
#include "ordersaga/inventory/v1/inventory.pb.h"
#include "ordersaga/payment/v1/payment.pb.h"
#include "ordersaga/saga/v1/saga_admin.pb.h"

namespace ordersaga::gateway {

// {"phase","step","reason","steps":[...],"journal":[...]}: where the order stands, without what is for operators only
// (error texts).
boost::json::object SagaJson(const saga::v1::GetSagaResponse& saga);

// {"charges":[{"id","state","amount","refunded","reason","created_at","updated_at"}]}
boost::json::object PaymentJson(const payment::v1::ListChargesResponse& charges);

// [{"sequence","exchange","routing_key","at","body"}]: the order's domain events, published or about to be.
boost::json::array EventsJson(const std::vector<event::v1::ListEventsResponse>& pages);

// {"id","name","unit_price","stock"}
boost::json::object ProductJson(const inventory::v1::Product& product);

// {"data":[products]}
boost::json::object ProductsJson(const inventory::v1::ListProductsResponse& products);

}  // namespace ordersaga::gateway
