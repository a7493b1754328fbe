#include "orchestrator/cli/audit_source.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <deque>
#include <thread>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "orchestrator/audit/keys.h"
#include "orchestrator/cli/audit_convert.h"
#include "platform/rpc/channel.h"
#include "platform/rpc/status.h"

namespace ordersaga::cli {
namespace {

constexpr int kLargestPage = 4 << 20;
constexpr std::size_t kPagesAhead = 3;

absl::Status Named(const char* who, const grpc::Status& status) {
  const absl::Status plain = rpc::FromGrpc(status);
  if (plain.ok()) return plain;
  return {plain.code(), fmt::format("{}: {}", who, std::string(plain.message()))};
}

// Reads pages on a thread of its own, a few ahead, so that the services work while the audit judges.
template <typename Page, typename Fact>
class PagedStream final : public FactStream<Fact> {
 public:
  using Open = std::function<std::unique_ptr<grpc::ClientReader<Page>>(grpc::ClientContext*)>;
  using Take = void (*)(const Page& page, std::vector<Fact>& facts);

  PagedStream(const char* who, const Open& open, Take take)
      : who_(who), reader_(open(&context_)), take_(take), thread_([this] { ReadAll(); }) {}

  ~PagedStream() override {
    context_.TryCancel();
    {
      absl::MutexLock lock(&mu_);
      abandoned_ = true;
    }
    thread_.join();
  }

  Fact* Next() override {
    while (next_ == facts_.size()) {
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(this, &PagedStream::HasNews));
      if (pages_.empty()) return nullptr;
      facts_ = std::move(pages_.front());
      pages_.pop_front();
      next_ = 0;
    }
    return &facts_[next_++];
  }

  absl::Status status() const override {
    absl::MutexLock lock(&mu_);
    return status_;
  }

 private:
  void ReadAll() {
    Page page;
    while (reader_->Read(&page)) {
      std::vector<Fact> facts;
      take_(page, facts);
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(this, &PagedStream::HasRoom));
      pages_.push_back(std::move(facts));
    }
    const absl::Status status = Named(who_, reader_->Finish());
    absl::MutexLock lock(&mu_);
    status_ = status;
    ended_ = true;
  }

  bool HasNews() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return ended_ || !pages_.empty(); }
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return abandoned_ || pages_.size() < kPagesAhead; }

  const char* const who_;
  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReader<Page>> reader_;
  const Take take_;
  std::vector<Fact> facts_;
  std::size_t next_ = 0;
  mutable absl::Mutex mu_;
  std::deque<std::vector<Fact>> pages_ ABSL_GUARDED_BY(mu_);
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  bool abandoned_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;  // last: it uses the rest
};

common::v1::ListEffectsRequest EffectsOf(const IdRange& range) {
  common::v1::ListEffectsRequest request;
  request.set_first_order_id(range.first);
  request.set_last_order_id(range.last);
  return request;
}

// Those of one page. A service's rows come in the order of text, which for ids is the order of ids.
void TakeSagas(const saga::v1::ListForAuditResponse& page, std::vector<SagaItem>& facts) {
  for (const auto& saga : page.sagas()) facts.push_back({saga.id(), FactsOf(saga)});
}
void TakeCharges(const payment::v1::ListEffectsResponse& page, std::vector<audit::Charge>& facts) {
  for (const auto& charge : page.charges()) facts.push_back(FactsOf(charge));
}
void TakeReservations(const inventory::v1::ListEffectsResponse& page, std::vector<audit::Reservation>& facts) {
  for (const auto& reservation : page.reservations()) facts.push_back(FactsOf(reservation));
}

}  // namespace

AuditSource::AuditSource(const std::string& orchestrator, const std::string& payment, const std::string& inventory)
    : sagas_(saga::v1::SagaAdminService::NewStub(rpc::MakeChannel(orchestrator, kLargestPage))),
      payment_(payment::v1::PaymentService::NewStub(rpc::MakeChannel(payment, kLargestPage))),
      refunds_(payment::v1::RefundService::NewStub(rpc::MakeChannel(payment, kLargestPage))),
      inventory_(inventory::v1::InventoryService::NewStub(rpc::MakeChannel(inventory, kLargestPage))) {}

std::unique_ptr<FactStream<SagaItem>> AuditSource::Sagas(const IdRange& range) {
  saga::v1::ListForAuditRequest request;
  request.set_first_id(range.first);
  request.set_last_id(range.last);
  return std::make_unique<PagedStream<saga::v1::ListForAuditResponse, SagaItem>>(
      "orchestrator", [&](grpc::ClientContext* context) { return sagas_->ListForAudit(context, request); }, TakeSagas);
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

absl::Status AuditSource::Products(std::vector<audit::Product>* products) {
  grpc::ClientContext context;
  inventory::v1::ListProductsResponse response;
  const grpc::Status status = inventory_->ListProducts(&context, {}, &response);
  products->clear();
  for (const auto& product : response.products()) {
    products->push_back({product.id(), product.initial_stock(), product.restocked(), product.stock()});
  }
  return Named("inventory", status);
}

absl::Status AuditSource::ReadByHand(audit::Charge* charge) {
  if (charge->refunded == 0) return absl::OkStatus();
  grpc::ClientContext context;
  payment::v1::ListRefundsRequest request;
  request.set_charge_key(charge->key);
  payment::v1::ListRefundsResponse response;
  const grpc::Status status = refunds_->ListRefunds(&context, request, &response);
  charge->by_hand = 0;
  for (const auto& refund : response.refunds()) {
    if (refund.state() == common::v1::EFFECT_STATE_APPLIED) charge->by_hand += refund.amount().amount_minor();
  }
  return Named("payment", status);
}

}  // namespace ordersaga::cli
