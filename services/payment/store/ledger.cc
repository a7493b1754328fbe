#include "services/payment/store/ledger.h"

#include "payment_sql.embed.h"
#include "platform/pg/array.h"
#include "platform/pg/sql.h"
#include "platform/pg/time.h"

namespace ordersaga::payment {
namespace {

constexpr int kRowsAtATime = 5000;  // a search for strays takes some milliseconds

PartialRefund DecodeRefund(const pg::Row& row) {
  PartialRefund refund;
  refund.key = row["refund_key"].c_str();
  refund.charge_key = row["charge_key"].c_str();
  refund.order_id = row["order_id"].c_str();
  refund.fingerprint = row["fingerprint"].c_str();
  refund.amount = {row["amount_minor"].as<std::int64_t>(), row["currency"].c_str()};
  refund.note = row["note"].c_str();
  // The table's CHECK allows no other names.
  refund.state = participant::ParseEffectState(row["state"].c_str()).value();
  refund.reason = row["reason"].c_str();
  refund.message = row["message"].c_str();
  refund.answer = row["answer"].c_str();
  refund.created_at = pg::FromPg(row["created_at"].c_str());
  refund.updated_at = pg::FromPg(row["updated_at"].c_str());
  return refund;
}

std::vector<PartialRefund> DecodeRefunds(const pg::Result& rows) {
  std::vector<PartialRefund> refunds;
  for (const auto& row : rows) refunds.push_back(DecodeRefund(row));
  return refunds;
}

std::vector<ChargeRow> DecodeCharges(const pg::Result& rows) {
  std::vector<ChargeRow> charges;
  charges.reserve(static_cast<std::size_t>(rows.size()));
  for (const auto& row : rows) {
    const auto last = row.size() - 1;
    charges.push_back(
        {participant::DecodeEffect(row), {row[last - 1].as<std::int64_t>(), row[last].as<std::int64_t>()}});
  }
  return charges;
}

AuditedCharge DecodeAudited(const pg::Row& row) {
  // The sums stand behind the columns of effects and are NULL where no money moved.
  const auto sum = [&, last = row.size() - 1](int back) {
    return row[last - back].is_null() ? 0 : row[last - back].as<std::int64_t>();
  };
  return {participant::DecodeEffect(row), sum(4), sum(3), sum(2), sum(1), row[row.size() - 1].c_str()};
}

using pg::Column;

pg::Array States(const std::vector<PartialRefund>& refunds) {
  return Column(refunds, [](auto& r) { return participant::Name(r.state); });
}

std::string_view NameOf(Transfer::Kind kind) {
  return kind == Transfer::Kind::kRefund ? "refund" : "charge";
}
pg::Array ChargeKeys(const std::vector<Transfer>& transfers) {
  return Column(transfers, [](auto& t) { return t.charge_key; });
}
pg::Array Amounts(const std::vector<Transfer>& transfers) {
  return Column(transfers, [](auto& t) { return t.amount.minor; });
}

}  // namespace

Ledger::Ledger()
    : insert_(pg::SqlFile(kPaymentSql, "transfers_insert.sql")),
      refunded_(pg::SqlFile(kPaymentSql, "transfers_refunded.sql")),
      balances_(pg::SqlFile(kPaymentSql, "transfers_balances.sql")),
      refunds_load_(pg::SqlFile(kPaymentSql, "refunds_load.sql")),
      refunds_insert_(pg::SqlFile(kPaymentSql, "refunds_insert.sql")),
      refunds_update_(pg::SqlFile(kPaymentSql, "refunds_update.sql")),
      refunds_unsettled_(pg::SqlFile(kPaymentSql, "refunds_unsettled.sql")),
      refunds_of_charge_(pg::SqlFile(kPaymentSql, "refunds_of_charge.sql")),
      charges_get_(pg::SqlFile(kPaymentSql, "charges_get.sql")),
      charges_of_order_(pg::SqlFile(kPaymentSql, "charges_of_order.sql")),
      charges_range_(pg::SqlFile(kPaymentSql, "charges_range.sql")),
      strays_(pg::SqlFile(kPaymentSql, "strays.sql")),
      strays_span_(pg::SqlFile(kPaymentSql, "strays_span.sql")) {}

absl::Status Ledger::Post(pg::Tx& tx, const std::vector<Transfer>& transfers) const {
  if (transfers.empty()) return absl::OkStatus();
  std::vector<Transfer> refunded;
  for (const Transfer& transfer : transfers) {
    if (transfer.kind == Transfer::Kind::kRefund) refunded.push_back(transfer);
  }
  tx.Queue(insert_, ChargeKeys(transfers), Column(transfers, [](auto& t) { return NameOf(t.kind); }),
           Column(transfers, [](auto& t) { return t.refund_key; }), Amounts(transfers),
           Column(transfers, [](auto& t) { return t.amount.currency; }),
           Column(transfers, [](auto& t) { return t.provider_id; }));
  if (refunded.empty()) return absl::OkStatus();
  const pg::Result rows = tx.Exec(refunded_, ChargeKeys(refunded), Amounts(refunded));
  if (static_cast<std::size_t>(rows.affected_rows()) == refunded.size()) return absl::OkStatus();
  return pg::MakeFailure(pg::PgFailure::kBadRow, "a refund whose charge is not in the ledger");
}

std::map<std::string, Balance> Ledger::Balances(pg::Tx& tx, const std::vector<std::string>& charge_keys) const {
  std::map<std::string, Balance> balances;
  for (const auto& row : tx.Exec(balances_, pg::ArrayOf(charge_keys))) {
    balances[row[0].c_str()] = {row[1].as<std::int64_t>(), row[2].as<std::int64_t>()};
  }
  return balances;
}

std::vector<PartialRefund> Ledger::LoadRefunds(pg::Tx& tx, const std::vector<std::string>& refund_keys,
                                               const std::vector<std::string>& charge_keys) const {
  return DecodeRefunds(tx.Exec(refunds_load_, pg::ArrayOf(refund_keys), pg::ArrayOf(charge_keys)));
}

absl::Status Ledger::InsertRefunds(pg::Tx& tx, const std::vector<PartialRefund>& refunds) const {
  if (refunds.empty()) return absl::OkStatus();
  const pg::Result rows = tx.Exec(
      refunds_insert_, Column(refunds, [](auto& r) { return r.key; }),
      Column(refunds, [](auto& r) { return r.charge_key; }), Column(refunds, [](auto& r) { return r.order_id; }),
      Column(refunds, [](auto& r) { return r.fingerprint; }), Column(refunds, [](auto& r) { return r.amount.minor; }),
      Column(refunds, [](auto& r) { return r.amount.currency; }), Column(refunds, [](auto& r) { return r.note; }),
      States(refunds), Column(refunds, [](auto& r) { return r.reason; }),
      Column(refunds, [](auto& r) { return r.message; }), Column(refunds, [](auto& r) { return r.answer; }),
      Column(refunds, [](auto& r) { return r.created_at; }), Column(refunds, [](auto& r) { return r.updated_at; }));
  if (static_cast<std::size_t>(rows.size()) == refunds.size()) return absl::OkStatus();
  return pg::MakeFailure(pg::PgFailure::kRetry, "another replica has just written the same key");
}

void Ledger::UpdateRefunds(pg::Tx& tx, const std::vector<PartialRefund>& refunds) const {
  if (refunds.empty()) return;
  tx.Queue(refunds_update_, Column(refunds, [](auto& r) { return r.key; }), States(refunds),
           Column(refunds, [](auto& r) { return r.reason; }), Column(refunds, [](auto& r) { return r.message; }),
           Column(refunds, [](auto& r) { return r.answer; }), Column(refunds, [](auto& r) { return r.updated_at; }));
}

std::vector<PartialRefund> Ledger::UnsettledRefunds(pg::Tx& tx) const {
  return DecodeRefunds(tx.Exec(refunds_unsettled_));
}

std::vector<PartialRefund> Ledger::RefundsOf(pg::Tx& tx, const std::string& charge_key) const {
  return DecodeRefunds(tx.Exec(refunds_of_charge_, charge_key));
}

std::optional<ChargeRow> Ledger::GetCharge(pg::Tx& tx, const std::string& charge_key) const {
  std::vector<ChargeRow> charges = DecodeCharges(tx.Exec(charges_get_, charge_key));
  if (charges.empty()) return std::nullopt;
  return std::move(charges.front());
}

std::vector<ChargeRow> Ledger::ChargesOfOrder(pg::Tx& tx, const std::string& order_id) const {
  return DecodeCharges(tx.Exec(charges_of_order_, order_id));
}

std::vector<AuditedCharge> Ledger::Range(pg::Tx& tx, const participant::EffectRange& range, int limit) const {
  std::vector<AuditedCharge> charges;
  charges.reserve(static_cast<std::size_t>(limit));
  for (const auto& row : tx.Exec(charges_range_, range.first_order_id, range.last_order_id, range.after_order_id,
                                 range.after_key, limit)) {
    charges.push_back(DecodeAudited(row));
  }
  return charges;
}

bool Ledger::Strays(pg::Tx& tx, KeyRange& range, std::vector<Stray>& strays) const {
  const pg::Result span = tx.Exec(strays_span_, range.after, range.last, kRowsAtATime);
  const std::string upto = span[0][0].c_str();
  for (const auto& row : tx.Exec(strays_, range.after, upto)) {
    strays.push_back({row[0].c_str(), row[1].c_str(), {row[2].as<std::int64_t>(), row[3].c_str()}, row[4].c_str()});
  }
  range.after = upto;
  return span[0][1].as<bool>();
}

}  // namespace ordersaga::payment
