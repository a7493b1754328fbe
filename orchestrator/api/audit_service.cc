// SagaAdminService for audits: ListForAudit, page after page through the AuditReader.
#include "orchestrator/api/saga_admin_service.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "orchestrator/core/endings.h"
#include "orchestrator/events/agree.h"
#include "platform/base/error.h"
#include "platform/rpc/handler.h"
#include "platform/rpc/page_stream.h"
#include "platform/rpc/status.h"
#include "platform/rpc/time.h"

namespace ordersaga::orchestrator {
namespace {

constexpr std::size_t kMessageBytes = 512 << 10;

// What the lines come to; -1: more than fits.
std::int64_t SumOf(const Order& order) {
  Money sum{0, order.total.currency};
  for (const OrderLine& line : order.lines) {
    const std::optional<Money> price = Multiply(line.unit_price, line.quantity);
    const std::optional<Money> more = price.has_value() ? Add(sum, *price) : std::nullopt;
    if (!more.has_value()) return -1;
    sum = *more;
  }
  return sum.minor;
}

void AddEvents(const Definition& definition, const AuditRow& row, saga::v1::AuditedSaga* out) {
  const BodyCheck check(definition, *row.saga);
  for (const AuditEvent& event : row.events) {
    saga::v1::AuditedEvent* to = out->add_events();
    to->set_sequence(event.sequence);
    to->set_routing_key(event.routing_key);
    to->set_contradiction(event.misplaced ? "it is in another shard than its order"
                                          : check(event.routing_key, event.sequence, event.body));
  }
}

void AddProgress(const Saga& saga, saga::v1::AuditedSaga* out) {
  if (saga.deadline_at.has_value()) *out->mutable_deadline_at() = rpc::ToProto(*saga.deadline_at);
  if (saga.finished()) return;
  if (saga.step < saga.steps.size()) out->set_step(saga.steps[saga.step].name);
  out->set_parked(saga.parked);
  if (saga.due_at.has_value()) *out->mutable_due_at() = rpc::ToProto(*saga.due_at);
  *out->mutable_updated_at() = rpc::ToProto(saga.updated_at);
}

void AddJournal(const AuditRow& row, saga::v1::AuditedSaga* out) {
  const std::int64_t version = row.saga->version;
  out->set_version(version);
  out->set_journal_entries(row.journal_entries);
  const bool beyond = row.journal_entries > 0 && (row.journal_first < 1 || row.journal_last > version);
  out->set_journal_strays(beyond || row.journal_misplaced);
}

void ToProto(const Definitions& definitions, const AuditRow& row, saga::v1::AuditedSaga* out) {
  out->set_id(row.id.ToString());
  if (!row.saga.ok()) {
    return out->set_unreadable(fmt::format("{}; {} events and {} entries of its journal are there",
                                           MessageOf(row.saga.status()), row.events.size(), row.journal_entries));
  }
  const Saga& saga = *row.saga;
  const Definition* definition = definitions.Find(saga.definition_version);
  if (definition == nullptr) {
    return out->set_unreadable(fmt::format(
        "it began with version {} of the saga, which this orchestrator does not know", saga.definition_version));
  }
  out->set_phase(std::string(Name(saga.phase)));
  out->set_status(std::string(Name(saga.status)));
  if (saga.ending.has_value()) out->set_ending(NameOf(*saga.ending, saga.steps));
  out->mutable_total()->set_amount_minor(saga.order->total.minor);
  out->mutable_total()->set_currency(saga.order->total.currency);
  out->set_refunded_minor(saga.refunded.minor);
  out->set_settled_minor(saga.settled.minor);
  out->set_user_email(saga.order->user_email);
  out->set_lines_minor(SumOf(*saga.order));
  for (const OrderLine& line : saga.order->lines) {
    common::v1::Line* to = out->add_lines();
    to->set_item_id(line.item_id);
    to->set_quantity(line.quantity);
  }
  out->set_definition_version(saga.definition_version);
  for (const StepRecord& step : saga.steps) out->add_step_states(std::string(Name(step.state)));
  out->set_event_sequence(saga.event_sequence);
  out->set_events_kept(row.events_kept);
  AddEvents(*definition, row, out);
  AddJournal(row, out);
  AddProgress(saga, out);
}

// What one read brought may take several messages: orders can be large.
class AuditStream final : public rpc::PageStream<saga::v1::ListForAuditResponse> {
 public:
  AuditStream(const Definitions& definitions, AuditReader& reader, absl::StatusOr<AuditRange> range,
              absl::Duration patience)
      : definitions_(definitions), reader_(reader), range_(std::move(range)), patience_(patience) {}

 private:
  void Fill(saga::v1::ListForAuditResponse& page) override {
    if (!range_.ok()) return Filled(rpc::ToGrpc(range_.status()), false);
    if (used_ < read_.rows.size()) return Use(page);
    if (read_.last) return Filled(grpc::Status::OK, false);
    reader_.Read(*range_, [this, &page](absl::StatusOr<AuditPage> read) {
      if (!read.ok()) return Filled(rpc::ToGrpc(read.status()), false);
      read_ = *std::move(read);
      if (!read_.rows.empty()) range_->after = read_.rows.back().id;
      used_ = 0;
      Use(page);
    });
  }

  void Use(saga::v1::ListForAuditResponse& page) {
    for (std::size_t bytes = 0; used_ < read_.rows.size() && bytes < kMessageBytes; ++used_) {
      ToProto(definitions_, read_.rows[used_], page.add_sagas());
      bytes += page.sagas().rbegin()->ByteSizeLong();
    }
    page.set_last(read_.last && used_ == read_.rows.size());
    *page.mutable_read_at() = rpc::ToProto(read_.read_at);
    page.mutable_patience()->set_seconds(absl::ToInt64Seconds(absl::Ceil(patience_, absl::Seconds(1))));
    Filled(grpc::Status::OK, true);
  }

  const Definitions& definitions_;
  AuditReader& reader_;
  absl::StatusOr<AuditRange> range_;
  const absl::Duration patience_;
  AuditPage read_;
  std::size_t used_ = 0;
};

// `after`: empty, or the id of the last saga that was read.
absl::StatusOr<AuditRange> RangeOf(const std::string& first, const std::string& last_id, const std::string& after) {
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
  parse("first_id", first, &range.first);
  parse("last_id", last_id, &range.last);
  parse("after_id", after, &range.after);
  if (!problems.empty()) return BadRequest(problems);
  return range;
}

}  // namespace

grpc::ServerWriteReactor<saga::v1::ListForAuditResponse>* SagaAdminServiceImpl::ListForAudit(
    grpc::CallbackServerContext* /*context*/, const saga::v1::ListForAuditRequest* request) {
  auto* stream = new AuditStream(definitions_, audit_reader_,
                                 RangeOf(request->first_id(), request->last_id(), request->after_id()),
                                 patience_);  // deletes itself
  stream->Start();
  return stream;
}

}  // namespace ordersaga::orchestrator
