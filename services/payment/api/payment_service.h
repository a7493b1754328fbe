// PaymentService and RefundService over gRPC: validate, convert, delegate. No handler blocks.
#pragma once

#include "ordersaga/payment/v1/payment.grpc.pb.h"
#include "platform/pg/pool.h"
#include "services/payment/api/charges.h"

namespace ordersaga::payment {

class PaymentServiceImpl final : public v1::PaymentService::CallbackService {
 public:
  PaymentServiceImpl(Charges& charges, pg::SessionPool& reads) : charges_(charges), reads_(reads) {}

  grpc::ServerUnaryReactor* Charge(grpc::CallbackServerContext* context, const v1::ChargeRequest* request,
                                   v1::ChargeResponse* response) override;
  grpc::ServerUnaryReactor* GetCharge(grpc::CallbackServerContext* context, const v1::GetChargeRequest* request,
                                      v1::GetChargeResponse* response) override;
  grpc::ServerUnaryReactor* ListCharges(grpc::CallbackServerContext* context, const v1::ListChargesRequest* request,
                                        v1::ListChargesResponse* response) override;

 private:
  Charges& charges_;
  pg::SessionPool& reads_;
  const participant::EffectStore effects_;
};

class RefundServiceImpl final : public v1::RefundService::CallbackService {
 public:
  explicit RefundServiceImpl(Charges& charges) : charges_(charges) {}

  grpc::ServerUnaryReactor* Refund(grpc::CallbackServerContext* context, const v1::RefundRequest* request,
                                   v1::RefundResponse* response) override;

 private:
  Charges& charges_;
};

}  // namespace ordersaga::payment
