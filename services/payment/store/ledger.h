// Money that moved: rows are inserted with the effects that they follow from, and never changed. Every method runs in
// the caller's transaction, set-based.
#pragma once

#include <string>
#include <vector>

#include "platform/participant/store/effect_store.h"
#include "services/payment/domain/transfers.h"

namespace ordersaga::payment {

// A charge as an audit sees it: beside its record what the ledger's rows come to.
struct AuditedCharge : participant::AuditedEffect {
  std::int64_t charged = 0;
  std::int64_t refunded = 0;
  std::int64_t in_parts = 0;  // of `refunded`, by partial refunds
  std::int64_t settled = 0;   // by hand; not in `refunded`
  std::string currency;       // of all of it; "mixed"; empty: nothing moved
};

// A row of the ledger that nothing accounts for, a refund that the ledger does not have, or one that does not end.
struct Stray {
  std::string charge_key;
  std::string refund_key;
  Money amount;
  std::string what;
};

// Charges with keys behind `after` and up to `last` (empty: no bound).
struct KeyRange {
  std::string after;
  std::string last;
};

class Ledger {
 public:
  // Queued: goes out with what follows. The table refuses a transfer that it has already.
  void Post(pg::Tx& tx, const std::vector<Transfer>& transfers) const;

  // Without locks, for audits.
  std::vector<AuditedCharge> Range(pg::PqxxTx& tx, const participant::EffectRange& range, int limit) const;
  // Those of the next charges of the range, which moves on. False: there are no more charges.
  bool Strays(pg::PqxxTx& tx, KeyRange& range, std::vector<Stray>& strays) const;
};

}  // namespace ordersaga::payment
