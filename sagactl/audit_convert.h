// From the services' messages to facts. Pure.
#pragma once

#include "orchestrator/audit/facts.h"
#include "ordersaga/inventory/v1/inventory.pb.h"
#include "ordersaga/notification/v1/notification.pb.h"
#include "ordersaga/payment/v1/payment.pb.h"
#include "ordersaga/saga/v1/saga_admin.pb.h"

namespace ordersaga::cli {

// A name or state that this program does not know makes the facts unreadable (sagas) or in progress (effects), which
// shows as a violation of an ended order: never as clean.
audit::SagaFacts FactsOf(const orchestrator::Definitions& definitions, const saga::v1::AuditedSaga& saga,
                         const saga::v1::ListForAuditResponse& page);
audit::Charge FactsOf(const payment::v1::Charge& charge);
audit::Reservation FactsOf(const inventory::v1::Reservation& reservation);
audit::Notice FactsOf(const notification::v1::Notice& notice);

}  // namespace ordersaga::cli
