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
#include "ordersaga/payment/v1/payment.grpc.pb.h"
#include "ordersaga/saga/v1/saga_admin.grpc.pb.h"

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

// A stream of facts. Next() blocks; nullptr: the end, or a failure, which status() then tells. What it points to is
// valid until the Next() after. One thread.
template <typename Fact>
class FactStream {
 public:
  virtual ~FactStream() = default;
  virtual Fact* Next() = 0;
  virtual absl::Status status() const = 0;  // `who` could not be read, and why; OK at an ordinary end
};

// The services of one system. Blocks; one thread. Each method is a read of its own.
class AuditSource {
 public:
  AuditSource(const std::string& orchestrator, const std::string& payment, const std::string& inventory);

  std::unique_ptr<FactStream<SagaItem>> Sagas(const IdRange& range);
  std::unique_ptr<FactStream<audit::Charge>> Charges(const IdRange& range);
  std::unique_ptr<FactStream<audit::Reservation>> Reservations(const IdRange& range);
  absl::Status Products(std::vector<audit::Product>* products);
  // Finds out how much of what went back was given back by hand.
  absl::Status ReadByHand(audit::Charge* charge);

 private:
  std::unique_ptr<saga::v1::SagaAdminService::Stub> sagas_;
  std::unique_ptr<payment::v1::PaymentService::Stub> payment_;
  std::unique_ptr<payment::v1::RefundService::Stub> refunds_;
  std::unique_ptr<inventory::v1::InventoryService::Stub> inventory_;
};

}  // namespace ordersaga::cli
