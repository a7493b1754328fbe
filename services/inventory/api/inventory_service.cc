#include "services/inventory/api/inventory_service.h"

#include "inventory_sql.embed.h"
#include "platform/base/hash.h"
#include "platform/participant/reads.h"
#include "platform/participant/request_checks.h"
#include "platform/pg/sql.h"

namespace ordersaga::inventory {
namespace {

std::vector<Line> LinesOf(const v1::ReserveRequest& request) {
  std::vector<Line> lines;
  for (const common::v1::Line& line : request.lines()) {
    lines.push_back({line.item_id(), line.quantity()});
  }
  return lines;
}

void ToProto(const pqxx::row& row, v1::Product* product) {
  product->set_id(row[0].c_str());
  product->set_name(row[1].c_str());
  product->mutable_unit_price()->set_amount_minor(row[2].as<std::int64_t>());
  product->mutable_unit_price()->set_currency(row[3].c_str());
  product->set_stock(row[4].as<std::int64_t>());
}

v1::ReservationState ToProto(participant::EffectState state) {
  switch (state) {
    case participant::EffectState::kApplied:
      return v1::RESERVATION_STATE_APPLIED;
    case participant::EffectState::kRejected:
      return v1::RESERVATION_STATE_REJECTED;
    case participant::EffectState::kVoided:
      return v1::RESERVATION_STATE_VOIDED;
    case participant::EffectState::kReversed:
      return v1::RESERVATION_STATE_REVERSED;
    case participant::EffectState::kInProgress:
    case participant::EffectState::kReversing:
      break;
  }
  return v1::RESERVATION_STATE_UNSPECIFIED;
}

void ToProto(const participant::EffectRecord& record, v1::Reservation* reservation) {
  reservation->set_id(record.answer);
  reservation->set_idempotency_key(record.action_key);
  reservation->set_order_id(record.order_id);
  if (!record.request.empty()) {
    for (const Line& line : DecodeLines(record.request)) {
      common::v1::Line* out = reservation->add_lines();
      out->set_item_id(line.item_id);
      out->set_quantity(static_cast<std::int32_t>(line.quantity));
    }
  }
  reservation->set_state(ToProto(record.state));
  reservation->set_reason(record.reason);
  *reservation->mutable_created_at() = rpc::ToProto(record.created_at);
  *reservation->mutable_updated_at() = rpc::ToProto(record.updated_at);
}

absl::Status NotFound(const char* what) {
  return MakeError(absl::StatusCode::kNotFound, "NOT_FOUND", what);
}

}  // namespace

InventoryServiceImpl::InventoryServiceImpl(Loop& loop, pg::SessionPool& reads)
    : loop_(loop),
      reads_(reads),
      get_(pg::SqlFile(kInventorySql, "products_get.sql")),
      list_(pg::SqlFile(kInventorySql, "products_list.sql")) {}

grpc::ServerUnaryReactor* InventoryServiceImpl::Reserve(grpc::CallbackServerContext* context,
                                                        const v1::ReserveRequest* request,
                                                        v1::ReserveResponse* response) {
  std::vector<FieldViolation> problems;
  inventory::Reserve ask{participant::ReadAction(*request, problems), LinesOf(*request)};
  participant::CheckLines(request->lines(), problems);
  if (!problems.empty()) return rpc::Answer(context, BadRequest(std::move(problems)));
  ask.request.fingerprint = Fingerprint(ask.request.order_id + '\n' + EncodeLines(ask.lines));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto done = [reactor, response, order_id = request->order_id()](const Outcome& outcome) {
    response->set_outcome(outcome.applied ? common::v1::OUTCOME_APPLIED : common::v1::OUTCOME_REJECTED);
    response->set_reason(outcome.reason);
    response->set_message(outcome.message);
    response->set_reservation_id(outcome.reservation_id);
    if (outcome.status.ok() && outcome.fresh) {
      LogInfo(outcome.applied ? "inventory reserved" : "inventory refused",
              {{"order_id", order_id}, {"reason", outcome.reason}});
    }
    rpc::Finish(reactor, outcome.status);
  };
  const std::string key = ask.request.key;
  loop_.Submit({key, rpc::DeadlineOf(*context), std::move(ask), {}, std::move(done)});
  return reactor;
}

grpc::ServerUnaryReactor* InventoryServiceImpl::Release(grpc::CallbackServerContext* context,
                                                        const v1::ReleaseRequest* request,
                                                        v1::ReleaseResponse* response) {
  std::vector<FieldViolation> problems;
  inventory::Release ask{participant::ReadCompensation(*request, "reserve_key", request->reserve_key(), problems)};
  if (!problems.empty()) return rpc::Answer(context, BadRequest(std::move(problems)));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto done = [reactor, response, order_id = request->order_id()](const Outcome& outcome) {
    response->set_stock_returned(outcome.undone);
    if (outcome.status.ok() && outcome.fresh) {
      LogInfo("inventory released", {{"order_id", order_id}});
    }
    rpc::Finish(reactor, outcome.status);
  };
  const std::string key = ask.request.action_key;
  loop_.Submit({key, rpc::DeadlineOf(*context), std::move(ask), {}, std::move(done)});
  return reactor;
}

grpc::ServerUnaryReactor* InventoryServiceImpl::GetReservation(grpc::CallbackServerContext* context,
                                                               const v1::GetReservationRequest* request,
                                                               v1::GetReservationResponse* response) {
  return participant::Read(context, reads_, [=, this](pg::Tx& tx) {
    const auto record = effects_.Get(tx, request->idempotency_key());
    if (!record.has_value()) return NotFound("no reservation has this idempotency_key");
    ToProto(*record, response->mutable_reservation());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* InventoryServiceImpl::GetProduct(grpc::CallbackServerContext* context,
                                                           const v1::GetProductRequest* request,
                                                           v1::GetProductResponse* response) {
  return participant::Read(context, reads_, [=, this](pg::Tx& tx) {
    const pqxx::result rows = tx.Exec(get_, request->item_id());
    if (rows.empty()) return NotFound("there is no such product; ListProducts shows them all");
    ToProto(rows[0], response->mutable_product());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* InventoryServiceImpl::ListProducts(grpc::CallbackServerContext* context,
                                                             const v1::ListProductsRequest* /*request*/,
                                                             v1::ListProductsResponse* response) {
  return participant::Read(context, reads_, [=, this](pg::Tx& tx) {
    for (const auto& row : tx.Exec(list_)) ToProto(row, response->add_products());
    return absl::OkStatus();
  });
}

}  // namespace ordersaga::inventory
