// What a charge and a partial refund ask for, and how that is stored (EffectRecord::request). Pure. Rows are kept for
// ever: never change the stored form.
#pragma once

#include <string>

#include "platform/base/money.h"
#include "platform/participant/core/rules.h"

namespace ordersaga::payment {

struct ChargeOrder {
  std::string key;
  Money amount;
  std::string user_email;
};
std::string EncodeOrder(const ChargeOrder& order);
// A tombstone's has no amount. Throws if the stored text makes no sense, as DecodePart does.
ChargeOrder DecodeOrder(const participant::EffectRecord& record);

// Gives part of a charge back.
struct PartialRefund {
  Money amount;
  std::string note;  // why it was asked for
};
std::string EncodePart(const PartialRefund& part);
PartialRefund DecodePart(const participant::EffectRecord& record);

// Why a partial refund cannot be: CHARGE_REVERSED, NOTHING_CHARGED, CURRENCY_MISMATCH, MORE_THAN_CHARGED. Requires a
// charge that is not in progress and has no other part under way.
std::optional<participant::ActionAnswer> RefusePart(const participant::EffectRecord& part,
                                                    const participant::EffectRecord& charge);

}  // namespace ordersaga::payment
