// Where an audit gets its facts: the services' streams, as facts in the order of the order's id.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "orchestrator/audit/facts.h"
#include "orchestrator/audit/stock.h"
#include "ordersaga/inventory/v1/inventory.grpc.pb.h"
#include "ordersaga/notification/v1/notification.grpc.pb.h"
#include "ordersaga/payment/v1/payment.grpc.pb.h"
#include "ordersaga/saga/v1/saga_admin.grpc.pb.h"
#include "sagactl/fact_stream.h"
#include "sagactl/options.h"

namespace ordersaga::cli {

// Ids of orders, canonical, both inclusive; empty: no bound.
struct IdRange {
  std::string first;
  std::string last;
};

struct SagaItem {
  std::string order_id;
  audit::SagaFacts facts;
};

// The services of one system. Blocks; one thread. Each method is a read of its own.
class AuditSource {
 public:
  // `options.sagas` must outlive it.
  AuditSource(const Options& options, const AuditCommand& command);

  std::unique_ptr<FactStream<SagaItem>> Sagas(const IdRange& range);
  std::unique_ptr<FactStream<audit::Charge>> Charges(const IdRange& range);
  std::unique_ptr<FactStream<audit::Reservation>> Reservations(const IdRange& range);
  std::unique_ptr<FactStream<audit::Notice>> Notices(const IdRange& range);
  absl::Status Products(std::vector<audit::Product>* products);
  // What one of two tables has that the other lacks: the ledger and the charges, under keys that begin with ids of the
  // range. Each is added as a violation.
  absl::Status CheckLedger(const IdRange& range, std::vector<audit::Violation>& violations);

  const orchestrator::Definitions& definitions() const { return definitions_; }

 private:
  const orchestrator::Definitions& definitions_;
  std::unique_ptr<saga::v1::SagaAdminService::Stub> sagas_;
  std::unique_ptr<payment::v1::PaymentService::Stub> payment_;
  std::unique_ptr<inventory::v1::InventoryService::Stub> inventory_;
  std::unique_ptr<notification::v1::NotificationService::Stub> notification_;
};

}  // namespace ordersaga::cli
