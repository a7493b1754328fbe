// SagaAdminService.ListForAudit: page after page through the AuditReader.
#include "orchestrator/api/saga_admin_service.h"

#include <array>
#include <utility>

#include "platform/base/error.h"
#include "platform/rpc/page_stream.h"
#include "platform/rpc/status.h"

namespace ordersaga::orchestrator {
namespace {

constexpr std::size_t kMessageBytes = 512 << 10;

std::string StateOf(const Saga& saga, std::string_view step) {
  for (const StepRecord& record : saga.steps) {
    if (record.name == step) return std::string(Name(record.state));
  }
  return {};
}

void ToProto(const AuditRow& row, saga::v1::AuditedSaga* out) {
  out->set_id(row.id.ToString());
  if (!row.saga.ok()) return out->set_unreadable(MessageOf(row.saga.status()));
  const Saga& saga = *row.saga;
  out->set_phase(std::string(Name(saga.phase)));
  out->set_status(std::string(Name(saga.status)));
  if (saga.ending.has_value()) out->set_ending(std::string(Name(*saga.ending)));
  out->mutable_total()->set_amount_minor(saga.order->total.minor);
  out->mutable_total()->set_currency(saga.order->total.currency);
  out->set_refunded_minor(saga.refunded.minor);
  for (const OrderLine& line : saga.order->lines) {
    common::v1::Line* to = out->add_lines();
    to->set_item_id(line.item_id);
    to->set_quantity(line.quantity);
  }
  out->set_payment(StateOf(saga, "payment"));
  out->set_inventory(StateOf(saga, "inventory"));
  out->set_event_sequence(saga.event_sequence);
  out->set_events_kept(row.events_kept);
  for (const auto& [sequence, routing_key] : row.events) {
    saga::v1::AuditedEvent* event = out->add_events();
    event->set_sequence(sequence);
    event->set_routing_key(routing_key);
  }
}

// What one read brought may take several messages: orders can be large.
class AuditStream final : public rpc::PageStream<saga::v1::ListForAuditResponse> {
 public:
  AuditStream(AuditReader& reader, absl::StatusOr<AuditRange> range) : reader_(reader), range_(std::move(range)) {}

 private:
  void Fill(saga::v1::ListForAuditResponse& page) override {
    if (!range_.ok()) return Filled(rpc::ToGrpc(range_.status()), false);
    if (used_ < rows_.size()) return Use(page);
    reader_.Read(*range_, [this, &page](absl::StatusOr<std::vector<AuditRow>> rows) {
      if (!rows.ok()) return Filled(rpc::ToGrpc(rows.status()), false);
      if (rows->empty()) return Filled(grpc::Status::OK, false);
      rows_ = *std::move(rows);
      range_->after = rows_.back().id;
      used_ = 0;
      Use(page);
    });
  }

  void Use(saga::v1::ListForAuditResponse& page) {
    for (std::size_t bytes = 0; used_ < rows_.size() && bytes < kMessageBytes; ++used_) {
      ToProto(rows_[used_], page.add_sagas());
      bytes += page.sagas().rbegin()->ByteSizeLong();
    }
    Filled(grpc::Status::OK, true);
  }

  AuditReader& reader_;
  absl::StatusOr<AuditRange> range_;
  std::vector<AuditRow> rows_;
  std::size_t used_ = 0;
};

absl::StatusOr<AuditRange> RangeOf(const saga::v1::ListForAuditRequest& request) {
  AuditRange range;
  std::array<std::uint8_t, 16> last{};
  last.fill(0xff);
  range.last = Uuid(last);
  std::vector<FieldViolation> problems;
  const auto parse = [&](const char* field, const std::string& text, Uuid* id) {
    if (text.empty()) return;
    const std::optional<Uuid> parsed = Uuid::Parse(text);
    if (!parsed.has_value()) problems.push_back({field, "must be a UUID, or empty"});
    *id = parsed.value_or(Uuid());
  };
  parse("first_id", request.first_id(), &range.first);
  parse("last_id", request.last_id(), &range.last);
  parse("after_id", request.after_id(), &range.after);
  if (!problems.empty()) return BadRequest(problems);
  return range;
}

}  // namespace

grpc::ServerWriteReactor<saga::v1::ListForAuditResponse>* SagaAdminServiceImpl::ListForAudit(
    grpc::CallbackServerContext* /*context*/, const saga::v1::ListForAuditRequest* request) {
  auto* stream = new AuditStream(audit_reader_, RangeOf(*request));  // deletes itself
  stream->Start();
  return stream;
}

}  // namespace ordersaga::orchestrator
