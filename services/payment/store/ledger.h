// Money that moved, and partial refunds. Every method runs in the caller's transaction, set-based, with the charges'
// rows in `effects` locked: that is what keeps two refunds of one charge apart.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "platform/participant/effect_store.h"
#include "services/payment/domain/partial_refund.h"

namespace ordersaga::payment {

// One amount from one account to another: a ledger of these balances by construction.
struct Transfer {
  enum class Kind { kCharge, kRefund };  // customer to merchant, and back
  std::string charge_key;
  Kind kind = Kind::kCharge;
  std::string refund_key;  // of a partial refund
  std::string provider_id;
  Money amount;
};

// A charge as people and audits see it.
struct ChargeRow : participant::EffectRecord {
  Balance balance;
};

// The same as an audit sees it: what the ledger's rows come to, beside the count that a charge's row keeps.
struct AuditedCharge : participant::EffectRecord {
  std::int64_t charged = 0;
  std::int64_t refunded = 0;
  std::int64_t in_parts = 0;  // of `refunded`, by partial refunds
  std::int64_t counted = 0;   // refunded, by the count
  std::string currency;       // of all of it; "mixed"; empty: nothing moved
};

// A row of the ledger that nothing accounts for, or a refund that the ledger does not have.
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
  Ledger();

  // At most one refund per charge. Errors: PgFailure::kBadRow if a refund has no charge. The table refuses whatever
  // would give back more than was taken.
  absl::Status Post(pg::Tx& tx, const std::vector<Transfer>& transfers) const;
  std::map<std::string, Balance> Balances(pg::Tx& tx, const std::vector<std::string>& charge_keys) const;

  // Those with one of the refund keys, and those under way of one of the charges.
  std::vector<PartialRefund> LoadRefunds(pg::Tx& tx, const std::vector<std::string>& refund_keys,
                                         const std::vector<std::string>& charge_keys) const;
  // Error: PgFailure::kRetry when another replica wrote one of the keys meanwhile.
  absl::Status InsertRefunds(pg::Tx& tx, const std::vector<PartialRefund>& refunds) const;
  void UpdateRefunds(pg::Tx& tx, const std::vector<PartialRefund>& refunds) const;

  // Without locks, for people, audits and restart.
  std::vector<PartialRefund> UnsettledRefunds(pg::Tx& tx) const;
  std::vector<PartialRefund> RefundsOf(pg::Tx& tx, const std::string& charge_key) const;
  std::optional<ChargeRow> GetCharge(pg::Tx& tx, const std::string& charge_key) const;
  std::vector<ChargeRow> ChargesOfOrder(pg::Tx& tx, const std::string& order_id) const;
  std::vector<AuditedCharge> Range(pg::Tx& tx, const participant::EffectRange& range, int limit) const;
  // Those of the next charges of the range, which moves on. False: there are no more charges.
  bool Strays(pg::Tx& tx, KeyRange& range, std::vector<Stray>& strays) const;

 private:
  const std::string insert_, refunded_, balances_, refunds_load_, refunds_insert_, refunds_update_, refunds_unsettled_,
      refunds_of_charge_, charges_get_, charges_of_order_, charges_range_, strays_, strays_span_;
};

}  // namespace ordersaga::payment
