#include "services/payment/store/ledger.h"

#include "payment_sql.embed.h"
#include "platform/pg/array.h"

namespace ordersaga::payment {
namespace {

constexpr int kRowsAtATime = 5000;  // a search for strays takes some milliseconds

AuditedCharge DecodeAudited(const pg::PqxxRow& row) {
  // The sums stand behind the columns of effects and are NULL where no money moved.
  constexpr int kAge = participant::kEffectColumns, kSums = kAge + 1;
  const auto sum = [&](int number) {
    return row[kSums + number].is_null() ? 0 : row[kSums + number].as<std::int64_t>();
  };
  return {{participant::DecodeEffect(row), row[kAge].as<std::int64_t>()},
          sum(0),
          sum(1),
          sum(2),
          sum(3),
          row[kSums + 4].c_str()};
}

using pg::Column;

std::string_view NameOf(Transfer::Kind kind) {
  return kind == Transfer::Kind::kCharge ? "charge" : "refund";
}
std::string_view DebitOf(Transfer::Kind kind) {
  if (kind == Transfer::Kind::kCharge) return "customer";
  return kind == Transfer::Kind::kSettlement ? "by_hand" : "merchant";
}

}  // namespace

void Ledger::Post(pg::Tx& tx, const std::vector<Transfer>& transfers) const {
  if (transfers.empty()) return;
  tx.Queue(sql::transfers::insert, Column(transfers, [](auto& t) { return t.charge_key; }),
           Column(transfers, [](auto& t) { return NameOf(t.kind); }),
           Column(transfers, [](auto& t) { return t.refund_key; }),
           Column(transfers, [](auto& t) { return t.amount.minor; }),
           Column(transfers, [](auto& t) { return t.amount.currency; }),
           Column(transfers, [](auto& t) { return t.provider_id; }),
           Column(transfers, [](auto& t) { return DebitOf(t.kind); }));
}

std::vector<AuditedCharge> Ledger::Range(pg::PqxxTx& tx, const participant::EffectRange& range, int limit) const {
  std::vector<AuditedCharge> charges;
  charges.reserve(static_cast<std::size_t>(limit));
  for (const auto& row : tx.Exec(sql::transfers::charges, range.first_order_id, range.last_order_id,
                                 range.after_order_id, range.after_key, limit)) {
    charges.push_back(DecodeAudited(row));
  }
  return charges;
}

bool Ledger::Strays(pg::PqxxTx& tx, KeyRange& range, std::vector<Stray>& strays) const {
  const pg::PqxxRows span = tx.Exec(sql::transfers::strays_span, range.after, range.last, kRowsAtATime);
  const std::string upto = span[0][0].c_str();
  for (const auto& row : tx.Exec(sql::transfers::strays, range.after, upto)) {
    strays.push_back({row[0].c_str(), row[1].c_str(), {row[2].as<std::int64_t>(), row[3].c_str()}, row[4].c_str()});
  }
  range.after = upto;
  return span[0][1].as<bool>();
}

}  // namespace ordersaga::payment
