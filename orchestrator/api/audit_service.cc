// SagaAdminService.ListForAudit: page after page through the AuditReader.
#include "orchestrator/api/saga_admin_service.h"

#include <array>
#include <utility>

#include "platform/base/error.h"
#include "platform/rpc/status.h"

namespace ordersaga::orchestrator {
namespace {

constexpr std::size_t kMessageBytes = 256 << 10;

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

// Reads on when the client has taken all of a page; a page may take several messages. Deletes itself.
class AuditStream final : public grpc::ServerWriteReactor<saga::v1::ListForAuditResponse> {
 public:
  AuditStream(AuditReader& reader, const absl::StatusOr<AuditRange>& range) : reader_(reader) {
    if (range.ok()) {
      range_ = *range;
      ReadOn();
    } else {
      Finish(rpc::ToGrpc(range.status()));
    }
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    if (sent_ == rows_.size()) return ReadOn();
    Send();
  }
  void OnDone() override { delete this; }

 private:
  void ReadOn() {
    reader_.Read(range_, [this](absl::StatusOr<std::vector<AuditRow>> rows) {
      if (!rows.ok()) return Finish(rpc::ToGrpc(rows.status()));
      if (rows->empty()) return Finish(grpc::Status::OK);
      rows_ = *std::move(rows);
      range_.after = rows_.back().id;
      sent_ = 0;
      Send();
    });
  }

  void Send() {
    message_.Clear();
    for (std::size_t bytes = 0; sent_ < rows_.size() && bytes < kMessageBytes; ++sent_) {
      ToProto(rows_[sent_], message_.add_sagas());
      bytes += message_.sagas().rbegin()->ByteSizeLong();
    }
    StartWrite(&message_);
  }

  AuditReader& reader_;
  AuditRange range_;
  std::vector<AuditRow> rows_;
  std::size_t sent_ = 0;
  saga::v1::ListForAuditResponse message_;
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
  return new AuditStream(audit_reader_, RangeOf(*request));
}

}  // namespace ordersaga::orchestrator
