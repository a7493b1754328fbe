// Charges, refunds and partial refunds as external effects: what payment adds to the participant's rules. A partial
// refund is a part of its charge.
#pragma once

#include <vector>

#include "platform/participant/effects.h"
#include "services/payment/domain/provider.h"
#include "services/payment/store/ledger.h"

namespace ordersaga::payment {

class ChargeEffects final : public participant::ExternalEffects {
 public:
  // `provider` must outlive this.
  explicit ChargeEffects(Provider& provider) : provider_(provider) {}

  void Do(const participant::Ask& ask, Done done) override;
  void Undo(const participant::Ask& ask, Done done) override;
  absl::Status Book(pg::Tx& tx, const std::vector<participant::Change>& changes) override;
  std::optional<participant::ActionAnswer> Refuse(const participant::EffectRecord& record,
                                                  const participant::EffectRecord* whole) const override;
  void Settled(participant::Ask::What what, const participant::Outcome& outcome) const override;

 private:
  Provider& provider_;
  const Ledger ledger_{};
};

}  // namespace ordersaga::payment
