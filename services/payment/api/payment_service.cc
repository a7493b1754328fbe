#include "services/payment/api/payment_service.h"

#include <functional>

#include "platform/participant/grpc/page_stream.h"
#include "platform/participant/grpc/probe.h"
#include "platform/rpc/batch.h"
#include "services/payment/api/convert.h"

namespace ordersaga::payment {

using participant::Outcome;

namespace {

// A message for so many charges, most often with nothing in it.
class StrayStream final : public rpc::PageStream<v1::ListStraysResponse> {
 public:
  StrayStream(pg::PqxxPool& pool, const Ledger& ledger, KeyRange range)
      : pool_(pool), ledger_(ledger), range_(std::move(range)) {}

 private:
  void Fill(v1::ListStraysResponse& page) override {
    if (ended_) return Filled(grpc::Status::OK, false);
    const bool queued = pool_.Submit([this, &page](pg::PqxxSession& session) {
      std::vector<Stray> strays;
      const absl::Status status = session.Run([&](pg::PqxxTx& tx) {
        ended_ = !ledger_.Strays(tx, range_, strays);
        return absl::OkStatus();
      });
      for (const Stray& stray : strays) ToProto(stray, page.add_strays());
      page.set_last(ended_);
      Filled(status.ok() ? grpc::Status::OK : rpc::ToGrpc(pg::ForReader(status)), true);
    });
    if (!queued) Filled(rpc::ToGrpc(pg::TooManyReads()), false);
  }

  pg::PqxxPool& pool_;
  const Ledger& ledger_;
  KeyRange range_;
  bool ended_ = false;
};

}  // namespace

void PaymentServiceImpl::Take(const v1::ChargeRequest& request, absl::Time deadline, Charged done) {
  std::vector<FieldViolation> problems;
  participant::ActionRequest action = ReadCharge(request, problems);
  if (!problems.empty()) return done(BadRequest(problems), {});
  charges_.Act(std::move(action), deadline, [done = std::move(done)](const Outcome& outcome) {
    v1::ChargeResponse response;
    participant::FillOutcome(outcome.action, &response);
    response.set_charge_id(outcome.action.answer);
    done(outcome.status, std::move(response));
  });
}

void PaymentServiceImpl::AddTo(rpc::Served<v1::PaymentService>& served) {
  served.Add("Charge", this, &PaymentServiceImpl::Charge);
  served.Add("ChargeBatch", this, &PaymentServiceImpl::ChargeBatch);
  served.Add("GetCharge", this, &PaymentServiceImpl::GetCharge);
  served.Add("ListCharges", this, &PaymentServiceImpl::ListCharges);
  served.Add("GetEffect", this, &PaymentServiceImpl::GetEffect);
  served.Add("ListEffects", this, &PaymentServiceImpl::ListEffects);
  served.Add("ListStrays", this, &PaymentServiceImpl::ListStrays);
}

grpc::ServerUnaryReactor* PaymentServiceImpl::Charge(grpc::CallbackServerContext* context,
                                                     const v1::ChargeRequest* request, v1::ChargeResponse* response) {
  return rpc::AnswerOne(context, request, response, std::bind_front(&PaymentServiceImpl::Take, this));
}

grpc::ServerWriteReactor<v1::ChargeBatchResponse>* PaymentServiceImpl::ChargeBatch(
    grpc::CallbackServerContext* context, const v1::ChargeBatchRequest* request) {
  return rpc::AnswerEach<v1::ChargeResponse, v1::ChargeBatchResponse>(context, request,
                                                                      std::bind_front(&PaymentServiceImpl::Take, this));
}

grpc::ServerUnaryReactor* PaymentServiceImpl::GetCharge(grpc::CallbackServerContext* context,
                                                        const v1::GetChargeRequest* request,
                                                        v1::GetChargeResponse* response) {
  return participant::Read(context, reads_, [=, this](pg::PqxxTx& tx) {
    const auto record = effects_.Get(tx, request->idempotency_key());
    if (!record.has_value() || record->lock_key.has_value()) {
      return MakeError(absl::StatusCode::kNotFound, "NOT_FOUND", "no charge has this idempotency_key");
    }
    ToProto(*record, response->mutable_charge());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* PaymentServiceImpl::ListCharges(grpc::CallbackServerContext* context,
                                                          const v1::ListChargesRequest* request,
                                                          v1::ListChargesResponse* response) {
  return participant::Read(context, reads_, [=, this](pg::PqxxTx& tx) {
    for (const auto& record : effects_.OfOrder(tx, request->order_id())) {
      if (!record.lock_key.has_value()) ToProto(record, response->add_charges());
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* PaymentServiceImpl::GetEffect(grpc::CallbackServerContext* context,
                                                        const common::v1::GetEffectRequest* request,
                                                        common::v1::GetEffectResponse* response) {
  return participant::Probe(context, reads_, effects_, request, response);
}

grpc::ServerWriteReactor<v1::ListEffectsResponse>* PaymentServiceImpl::ListEffects(
    grpc::CallbackServerContext* /*context*/, const common::v1::ListEffectsRequest* request) {
  return participant::StreamEffects<v1::ListEffectsResponse>(
      reads_, *request,
      [this](pg::PqxxTx& tx, const participant::EffectRange& range, int limit) {
        return ledger_.Range(tx, range, limit);
      },
      [](const AuditedCharge& row, v1::ListEffectsResponse& page) {
        v1::Charge* charge = page.add_charges();
        ToProto(row, charge);
        return charge->ByteSizeLong();
      });
}

grpc::ServerWriteReactor<v1::ListStraysResponse>* PaymentServiceImpl::ListStrays(
    grpc::CallbackServerContext* /*context*/, const v1::ListStraysRequest* request) {
  auto* stream = new StrayStream(reads_, ledger_, {request->after_key(), request->last_key()});  // deletes itself
  stream->Start();
  return stream;
}

void RefundServiceImpl::AddTo(rpc::Served<v1::RefundService>& served) {
  served.Add("Refund", this, &RefundServiceImpl::Refund);
  served.Add("RefundAmount", this, &RefundServiceImpl::RefundAmount);
  served.Add("ListRefunds", this, &RefundServiceImpl::ListRefunds);
}

grpc::ServerUnaryReactor* RefundServiceImpl::Refund(grpc::CallbackServerContext* context,
                                                    const v1::RefundRequest* request, v1::RefundResponse* response) {
  std::vector<FieldViolation> problems;
  participant::CompensationRequest ask =
      participant::ReadCompensation(*request, "charge_key", request->charge_key(), problems);
  if (request->has_settlement()) ask.by_hand = ReadSettlement(request->settlement(), problems);
  if (!problems.empty()) return rpc::Answer(context, BadRequest(problems));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  charges_.Compensate(std::move(ask), rpc::DeadlineOf(*context), [reactor, response](const Outcome& outcome) {
    response->set_money_moved(outcome.undone);
    if (outcome.undone) {
      ToProto(DecodeOrder(outcome.record).amount, response->mutable_refunded());
      response->set_refund_id(outcome.record.undo_answer);
      response->set_settled_by_hand(outcome.by_hand);
    }
    rpc::Finish(reactor, outcome.status);
  });
  return reactor;
}

grpc::ServerUnaryReactor* RefundServiceImpl::RefundAmount(grpc::CallbackServerContext* context,
                                                          const v1::RefundAmountRequest* request,
                                                          v1::RefundAmountResponse* response) {
  std::vector<FieldViolation> problems;
  participant::ActionRequest action = ReadPart(*request, problems);
  if (!problems.empty()) return rpc::Answer(context, BadRequest(problems));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  charges_.Act(std::move(action), rpc::DeadlineOf(*context), [reactor, response](const Outcome& outcome) {
    participant::FillOutcome(outcome.action, response);
    response->set_refund_id(outcome.action.answer);
    rpc::Finish(reactor, outcome.status);
  });
  return reactor;
}

grpc::ServerUnaryReactor* RefundServiceImpl::ListRefunds(grpc::CallbackServerContext* context,
                                                         const v1::ListRefundsRequest* request,
                                                         v1::ListRefundsResponse* response) {
  return participant::Read(context, reads_, [=, this](pg::PqxxTx& tx) {
    for (const auto& part : effects_.PartsOf(tx, request->charge_key())) ToProto(part, response->add_refunds());
    return absl::OkStatus();
  });
}

}  // namespace ordersaga::payment
