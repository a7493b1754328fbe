#include "services/inventory/api/inventory_service.h"

#include <functional>

#include "inventory_sql.embed.h"
#include "platform/participant/grpc/page_stream.h"
#include "platform/participant/grpc/probe.h"
#include "platform/pg/time.h"
#include "platform/rpc/batch.h"
#include "platform/runtime/log.h"
#include "services/inventory/api/convert.h"

namespace ordersaga::inventory {
namespace {

constexpr std::int64_t kMaxRestock = 1'000'000'000;

absl::Status NotFound(const char* what) {
  return MakeError(absl::StatusCode::kNotFound, "NOT_FOUND", what);
}

inventory::Restock Read(const v1::RestockRequest& request, std::vector<FieldViolation>& problems) {
  participant::CheckKey("idempotency_key", request.idempotency_key(), problems);
  participant::CheckKey("item_id", request.item_id(), problems);
  if (request.quantity() < 1 || request.quantity() > kMaxRestock) {
    problems.push_back({"quantity", "must be an integer from 1 to 1000000000"});
  }
  participant::CheckKey("reason", request.reason(), problems);
  return {request.idempotency_key(), request.item_id(), request.quantity(), "", request.reason(), 0, {}};
}

}  // namespace

void InventoryServiceImpl::Take(const v1::ReserveRequest& request, absl::Time deadline, Reserved done) {
  std::vector<FieldViolation> problems;
  participant::ActionRequest action = participant::ReadAction(request, problems);
  participant::CheckLines(request.lines(), problems);
  if (!problems.empty()) return done(BadRequest(problems), {});
  auto answer = [done = std::move(done), order_id = request.order_id()](const participant::Outcome& outcome) {
    if (outcome.status.ok() && outcome.fresh) {
      LogInfo(outcome.action.applied ? "inventory reserved" : "inventory refused",
              {{"order_id", order_id}, {"reason", outcome.action.reason}});
    }
    v1::ReserveResponse response;
    participant::FillOutcome(outcome.action, &response);
    response.set_reservation_id(outcome.action.answer);
    done(outcome.status, std::move(response));
  };
  participant::SetBody(action, EncodeLines(LinesOf(request)));
  reservations_.Act(std::move(action), deadline, std::move(answer));
}

void InventoryServiceImpl::AddTo(rpc::Served<v1::InventoryService>& served) {
  served.Add("Reserve", this, &InventoryServiceImpl::Reserve);
  served.Add("ReserveBatch", this, &InventoryServiceImpl::ReserveBatch);
  served.Add("Release", this, &InventoryServiceImpl::Release);
  served.Add("GetReservation", this, &InventoryServiceImpl::GetReservation);
  served.Add("ListReservations", this, &InventoryServiceImpl::ListReservations);
  served.Add("GetProduct", this, &InventoryServiceImpl::GetProduct);
  served.Add("ListProducts", this, &InventoryServiceImpl::ListProducts);
  served.Add("Restock", this, &InventoryServiceImpl::Restock);
  served.Add("ListRestocks", this, &InventoryServiceImpl::ListRestocks);
  served.Add("CountStock", this, &InventoryServiceImpl::CountStock);
  served.Add("GetEffect", this, &InventoryServiceImpl::GetEffect);
  served.Add("ListEffects", this, &InventoryServiceImpl::ListEffects);
}

grpc::ServerUnaryReactor* InventoryServiceImpl::Reserve(grpc::CallbackServerContext* context,
                                                        const v1::ReserveRequest* request,
                                                        v1::ReserveResponse* response) {
  return rpc::AnswerOne(context, request, response, std::bind_front(&InventoryServiceImpl::Take, this));
}

grpc::ServerWriteReactor<v1::ReserveBatchResponse>* InventoryServiceImpl::ReserveBatch(
    grpc::CallbackServerContext* context, const v1::ReserveBatchRequest* request) {
  return rpc::AnswerEach<v1::ReserveResponse, v1::ReserveBatchResponse>(
      context, request, std::bind_front(&InventoryServiceImpl::Take, this));
}

grpc::ServerUnaryReactor* InventoryServiceImpl::Release(grpc::CallbackServerContext* context,
                                                        const v1::ReleaseRequest* request,
                                                        v1::ReleaseResponse* response) {
  std::vector<FieldViolation> problems;
  participant::CompensationRequest ask =
      participant::ReadCompensation(*request, "reserve_key", request->reserve_key(), problems);
  if (!problems.empty()) return rpc::Answer(context, BadRequest(problems));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto done = [reactor, response, order_id = request->order_id()](const participant::Outcome& outcome) {
    response->set_stock_returned(outcome.undone);
    if (outcome.status.ok() && outcome.fresh) LogInfo("inventory released", {{"order_id", order_id}});
    rpc::Finish(reactor, outcome.status);
  };
  reservations_.Compensate(std::move(ask), rpc::DeadlineOf(*context), std::move(done));
  return reactor;
}

grpc::ServerUnaryReactor* InventoryServiceImpl::GetReservation(grpc::CallbackServerContext* context,
                                                               const v1::GetReservationRequest* request,
                                                               v1::GetReservationResponse* response) {
  return participant::Read(context, reads_, [=, this](pg::PqxxTx& tx) {
    const auto record = effects_.Get(tx, request->idempotency_key());
    if (!record.has_value()) return NotFound("no reservation has this idempotency_key");
    ToProto(*record, response->mutable_reservation());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* InventoryServiceImpl::ListReservations(grpc::CallbackServerContext* context,
                                                                 const v1::ListReservationsRequest* request,
                                                                 v1::ListReservationsResponse* response) {
  return participant::Read(context, reads_, [=, this](pg::PqxxTx& tx) {
    for (const auto& record : effects_.OfOrder(tx, request->order_id())) ToProto(record, response->add_reservations());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* InventoryServiceImpl::GetProduct(grpc::CallbackServerContext* context,
                                                           const v1::GetProductRequest* request,
                                                           v1::GetProductResponse* response) {
  return participant::Read(context, reads_, [=, this](pg::PqxxTx& tx) {
    const pg::PqxxRows rows = tx.Exec(sql::products::get, request->item_id());
    if (rows.empty()) return NotFound("there is no such product; ListProducts shows them all");
    ToProto(rows[0], response->mutable_product());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* InventoryServiceImpl::ListProducts(grpc::CallbackServerContext* context,
                                                             const v1::ListProductsRequest* /*request*/,
                                                             v1::ListProductsResponse* response) {
  return participant::Read(context, reads_, [=, this](pg::PqxxTx& tx) {
    for (const auto& row : tx.Exec(sql::products::list)) ToProto(row, response->add_products());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* InventoryServiceImpl::Restock(grpc::CallbackServerContext* context,
                                                        const v1::RestockRequest* request,
                                                        v1::RestockResponse* response,
                                                        const access::Principal& caller) {
  std::vector<FieldViolation> problems;
  inventory::Restock restock = inventory::Read(*request, problems);
  if (!problems.empty()) return rpc::Answer(context, BadRequest(problems));
  restock.by = Signature(caller);
  return participant::Read(context, writes_, [this, restock, response](pg::Tx& tx) mutable {
    const auto verdict = restocks_.Do(tx, restock);
    if (!verdict.ok()) return verdict.status();
    response->set_outcome(common::v1::OUTCOME_APPLIED);
    if (*verdict == RestockVerdict::kUnknownProduct) {
      response->set_outcome(common::v1::OUTCOME_REJECTED);
      response->set_reason("UNKNOWN_PRODUCT");
      response->set_message("there is no product " + restock.item_id);
      return absl::OkStatus();
    }
    ToProto(restock, response->mutable_restock());
    LogInfo("restocked", {{"item_id", restock.item_id},
                          {"quantity", std::to_string(restock.quantity)},
                          {"by", restock.by},
                          {"reason", restock.reason}});
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* InventoryServiceImpl::ListRestocks(grpc::CallbackServerContext* context,
                                                             const v1::ListRestocksRequest* request,
                                                             v1::ListRestocksResponse* response) {
  return participant::Read(context, reads_, [=, this](pg::PqxxTx& tx) {
    for (const auto& restock : restocks_.List(tx, request->item_id())) ToProto(restock, response->add_restocks());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* InventoryServiceImpl::CountStock(grpc::CallbackServerContext* context,
                                                           const v1::CountStockRequest* /*request*/,
                                                           v1::CountStockResponse* response) {
  return participant::Read(context, reads_, [=, this](pg::PqxxTx& tx) {
    for (const auto& row : tx.Exec(sql::products::count)) {
      *response->mutable_counted_at() = rpc::ToProto(pg::FromPg(row[0].c_str()));
      if (!row[1].is_null()) ToProto(row, response->add_products());
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* InventoryServiceImpl::GetEffect(grpc::CallbackServerContext* context,
                                                          const common::v1::GetEffectRequest* request,
                                                          common::v1::GetEffectResponse* response) {
  return participant::Probe(context, reads_, effects_, request, response);
}

grpc::ServerWriteReactor<v1::ListEffectsResponse>* InventoryServiceImpl::ListEffects(
    grpc::CallbackServerContext* /*context*/, const common::v1::ListEffectsRequest* request) {
  return participant::StreamEffects<v1::ListEffectsResponse>(
      reads_, *request,
      [this](pg::PqxxTx& tx, const participant::EffectRange& range, int limit) {
        return effects_.Range(tx, range, limit);
      },
      [](const participant::EffectRecord& record, v1::ListEffectsResponse& page) {
        v1::Reservation* reservation = page.add_reservations();
        ToProto(record, reservation);
        return reservation->ByteSizeLong();
      });
}

}  // namespace ordersaga::inventory
