// PaymentService and RefundService over gRPC: validate, convert, delegate. No handler blocks.
#pragma once

#include "ordersaga/payment/v1/payment.grpc.pb.h"
#include "platform/participant/shell/participant.h"
#include "platform/pg/pqxx.h"
#include "services/payment/store/ledger.h"

namespace ordersaga::payment {

class PaymentServiceImpl final : public v1::PaymentService::CallbackService {
 public:
  PaymentServiceImpl(participant::Participant& charges, pg::PqxxPool& reads) : charges_(charges), reads_(reads) {}

  grpc::ServerUnaryReactor* Charge(grpc::CallbackServerContext* context, const v1::ChargeRequest* request,
                                   v1::ChargeResponse* response) override;
  grpc::ServerWriteReactor<v1::ChargeBatchResponse>* ChargeBatch(grpc::CallbackServerContext* context,
                                                                 const v1::ChargeBatchRequest* request) override;
  grpc::ServerUnaryReactor* GetCharge(grpc::CallbackServerContext* context, const v1::GetChargeRequest* request,
                                      v1::GetChargeResponse* response) override;
  grpc::ServerUnaryReactor* ListCharges(grpc::CallbackServerContext* context, const v1::ListChargesRequest* request,
                                        v1::ListChargesResponse* response) override;
  grpc::ServerUnaryReactor* GetEffect(grpc::CallbackServerContext* context, const common::v1::GetEffectRequest* request,
                                      common::v1::GetEffectResponse* response) override;
  grpc::ServerWriteReactor<v1::ListEffectsResponse>* ListEffects(
      grpc::CallbackServerContext* context, const common::v1::ListEffectsRequest* request) override;
  grpc::ServerWriteReactor<v1::ListStraysResponse>* ListStrays(grpc::CallbackServerContext* context,
                                                               const v1::ListStraysRequest* request) override;

 private:
  using Charged = std::function<void(const absl::Status&, v1::ChargeResponse)>;
  void Take(const v1::ChargeRequest& request, absl::Time deadline, Charged done);

  participant::Participant& charges_;
  pg::PqxxPool& reads_;
  const participant::EffectStore effects_{};
  const Ledger ledger_{};
};

class RefundServiceImpl final : public v1::RefundService::CallbackService {
 public:
  RefundServiceImpl(participant::Participant& charges, pg::PqxxPool& reads) : charges_(charges), reads_(reads) {}

  grpc::ServerUnaryReactor* Refund(grpc::CallbackServerContext* context, const v1::RefundRequest* request,
                                   v1::RefundResponse* response) override;
  grpc::ServerUnaryReactor* RefundAmount(grpc::CallbackServerContext* context, const v1::RefundAmountRequest* request,
                                         v1::RefundAmountResponse* response) override;
  grpc::ServerUnaryReactor* ListRefunds(grpc::CallbackServerContext* context, const v1::ListRefundsRequest* request,
                                        v1::ListRefundsResponse* response) override;

 private:
  participant::Participant& charges_;
  pg::PqxxPool& reads_;
  const participant::EffectStore effects_{};
};

}  // namespace ordersaga::payment
