#include "sagactl/audit_source.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <utility>

#include "orchestrator/audit/keys.h"
#include "sagactl/audit_convert.h"
#include "sagactl/paged_stream.h"
#include "sagactl/reach.h"

namespace ordersaga::cli {
namespace {

constexpr int kLargestPage = 4 << 20;

common::v1::ListEffectsRequest EffectsOf(const IdRange& range) {
  common::v1::ListEffectsRequest request;
  request.set_first_order_id(range.first);
  request.set_last_order_id(range.last);
  return request;
}

// Those of one page. A service's rows come in the order of text, which for ids is the order of ids.
void TakeCharges(const payment::v1::ListEffectsResponse& page, std::vector<audit::Charge>& facts) {
  for (const auto& charge : page.charges()) facts.push_back(FactsOf(charge));
}
void TakeReservations(const inventory::v1::ListEffectsResponse& page, std::vector<audit::Reservation>& facts) {
  for (const auto& reservation : page.reservations()) facts.push_back(FactsOf(reservation));
}
void TakeNotices(const notification::v1::ListEffectsResponse& page, std::vector<audit::Notice>& facts) {
  for (const auto& notice : page.notices()) facts.push_back(FactsOf(notice));
}

}  // namespace

AuditSource::AuditSource(const Options& options, const AuditCommand& command)
    : definitions_(*options.sagas),
      sagas_(saga::v1::SagaAdminService::NewStub(Dial(options, options.address, "orchestrator", kLargestPage))),
      payment_(payment::v1::PaymentService::NewStub(Dial(options, command.payment, "payment", kLargestPage))),
      inventory_(inventory::v1::InventoryService::NewStub(Dial(options, command.inventory, "inventory", kLargestPage))),
      notification_(notification::v1::NotificationService::NewStub(
          Dial(options, command.notification, "notification", kLargestPage))) {}

std::unique_ptr<FactStream<SagaItem>> AuditSource::Sagas(const IdRange& range) {
  saga::v1::ListForAuditRequest request;
  request.set_first_id(range.first);
  request.set_last_id(range.last);
  return std::make_unique<PagedStream<saga::v1::ListForAuditResponse, SagaItem>>(
      "orchestrator", [&](grpc::ClientContext* context) { return sagas_->ListForAudit(context, request); },
      [this](const saga::v1::ListForAuditResponse& page, std::vector<SagaItem>& facts) {
        for (const auto& saga : page.sagas()) facts.push_back({saga.id(), FactsOf(definitions_, saga, page)});
      });
}

std::unique_ptr<FactStream<audit::Charge>> AuditSource::Charges(const IdRange& range) {
  const auto request = EffectsOf(range);
  return std::make_unique<PagedStream<payment::v1::ListEffectsResponse, audit::Charge>>(
      "payment", [&](grpc::ClientContext* context) { return payment_->ListEffects(context, request); }, TakeCharges);
}

std::unique_ptr<FactStream<audit::Reservation>> AuditSource::Reservations(const IdRange& range) {
  const auto request = EffectsOf(range);
  return std::make_unique<PagedStream<inventory::v1::ListEffectsResponse, audit::Reservation>>(
      "inventory", [&](grpc::ClientContext* context) { return inventory_->ListEffects(context, request); },
      TakeReservations);
}

std::unique_ptr<FactStream<audit::Notice>> AuditSource::Notices(const IdRange& range) {
  const auto request = EffectsOf(range);
  return std::make_unique<PagedStream<notification::v1::ListEffectsResponse, audit::Notice>>(
      "notification", [&](grpc::ClientContext* context) { return notification_->ListEffects(context, request); },
      TakeNotices);
}

absl::Status AuditSource::Products(std::vector<audit::Product>* products) {
  grpc::ClientContext context;
  inventory::v1::CountStockResponse response;
  const grpc::Status status = inventory_->CountStock(&context, {}, &response);
  if (status.ok() && !response.has_counted_at()) return Incomplete("inventory");
  products->clear();
  for (const auto& product : response.products()) {
    products->push_back(
        {product.id(), product.initial_stock(), product.restocked(), product.stock(), product.restocks_sum()});
  }
  return Named("inventory", status);
}

absl::Status AuditSource::CheckLedger(const IdRange& range, std::vector<audit::Violation>& violations) {
  payment::v1::ListStraysRequest request;
  request.set_after_key(range.first);
  if (!range.last.empty()) request.set_last_key(range.last + "0");  // behind every "<id>/..."
  PagedStream<payment::v1::ListStraysResponse, payment::v1::Stray> strays(
      "payment", [&](grpc::ClientContext* context) { return payment_->ListStrays(context, request); },
      [](const payment::v1::ListStraysResponse& page, std::vector<payment::v1::Stray>& facts) {
        facts.assign(page.strays().begin(), page.strays().end());
      });
  while (const payment::v1::Stray* stray = strays.Next()) {
    const std::string id = stray->charge_key().substr(0, stray->charge_key().find('/'));
    const std::string key = stray->charge_key() + (stray->refund_key().empty() ? "" : ", " + stray->refund_key());
    violations.push_back({audit::IsOrderId(id) ? id : stray->charge_key(), audit::Rule::kMoney,
                          fmt::format("{} {} under {}: {}", FormatMajor({stray->amount().amount_minor(), ""}),
                                      stray->amount().currency(), key, stray->what())});
  }
  return strays.status();
}

}  // namespace ordersaga::cli
