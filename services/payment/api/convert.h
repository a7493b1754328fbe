// Payment's values on the wire, and back.
#pragma once

#include <vector>

#include "ordersaga/payment/v1/payment.pb.h"
#include "platform/base/error.h"
#include "services/payment/domain/charge_order.h"
#include "services/payment/store/ledger.h"

namespace ordersaga::payment {

// Each adds what is wrong to `problems`.
participant::ActionRequest ReadCharge(const v1::ChargeRequest& request, std::vector<FieldViolation>& problems);
participant::Settlement ReadSettlement(const v1::Settlement& settlement, std::vector<FieldViolation>& problems);
participant::ActionRequest ReadPart(const v1::RefundAmountRequest& request, std::vector<FieldViolation>& problems);

void ToProto(const Money& money, common::v1::Money* out);
void ToProto(const participant::EffectRecord& record, v1::Charge* charge);
void ToProto(const AuditedCharge& row, v1::Charge* charge);  // also of a row whose request cannot be read
void ToProto(const Stray& stray, v1::Stray* out);
void ToProto(const participant::EffectRecord& record, v1::Refund* refund);  // of a partial refund

}  // namespace ordersaga::payment
