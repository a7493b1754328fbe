// PaymentService and RefundService over gRPC: validate, convert, delegate. No handler blocks.
#pragma once

#include "ordersaga/payment/v1/payment.grpc.pb.h"
#include "platform/participant/shell/participant.h"
#include "platform/pg/pqxx.h"
#include "platform/rpc/served.h"
#include "services/payment/store/ledger.h"

namespace ordersaga::payment {

class PaymentServiceImpl final {
 public:
  PaymentServiceImpl(participant::Participant& charges, pg::PqxxPool& reads) : charges_(charges), reads_(reads) {}

  void AddTo(rpc::Served<v1::PaymentService>& served);

  grpc::ServerUnaryReactor* Charge(grpc::CallbackServerContext* context, const v1::ChargeRequest* request,
                                   v1::ChargeResponse* response);
  grpc::ServerWriteReactor<v1::ChargeBatchResponse>* ChargeBatch(grpc::CallbackServerContext* context,
                                                                 const v1::ChargeBatchRequest* request);
  grpc::ServerUnaryReactor* GetCharge(grpc::CallbackServerContext* context, const v1::GetChargeRequest* request,
                                      v1::GetChargeResponse* response);
  grpc::ServerUnaryReactor* ListCharges(grpc::CallbackServerContext* context, const v1::ListChargesRequest* request,
                                        v1::ListChargesResponse* response);
  grpc::ServerUnaryReactor* GetEffect(grpc::CallbackServerContext* context, const common::v1::GetEffectRequest* request,
                                      common::v1::GetEffectResponse* response);
  grpc::ServerWriteReactor<v1::ListEffectsResponse>* ListEffects(grpc::CallbackServerContext* context,
                                                                 const common::v1::ListEffectsRequest* request);
  grpc::ServerWriteReactor<v1::ListStraysResponse>* ListStrays(grpc::CallbackServerContext* context,
                                                               const v1::ListStraysRequest* request);

 private:
  using Charged = std::function<void(const absl::Status&, v1::ChargeResponse)>;
  void Take(const v1::ChargeRequest& request, absl::Time deadline, Charged done);

  participant::Participant& charges_;
  pg::PqxxPool& reads_;
  const participant::EffectStore effects_{};
  const Ledger ledger_{};
};

class RefundServiceImpl final {
 public:
  RefundServiceImpl(participant::Participant& charges, pg::PqxxPool& reads) : charges_(charges), reads_(reads) {}

  void AddTo(rpc::Served<v1::RefundService>& served);

  grpc::ServerUnaryReactor* Refund(grpc::CallbackServerContext* context, const v1::RefundRequest* request,
                                   v1::RefundResponse* response);
  grpc::ServerUnaryReactor* RefundAmount(grpc::CallbackServerContext* context, const v1::RefundAmountRequest* request,
                                         v1::RefundAmountResponse* response);
  grpc::ServerUnaryReactor* ListRefunds(grpc::CallbackServerContext* context, const v1::ListRefundsRequest* request,
                                        v1::ListRefundsResponse* response);

 private:
  participant::Participant& charges_;
  pg::PqxxPool& reads_;
  const participant::EffectStore effects_{};
};

}  // namespace ordersaga::payment
