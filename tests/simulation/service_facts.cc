// What an audit would be told.
#include <fmt/format.h>

#include "services/inventory/domain/stock.h"
#include "services/payment/domain/charge_order.h"
#include "tests/simulation/services.h"

namespace ordersaga::sim {
namespace {

using participant::EffectRecord;

// The same states, in the same order.
audit::EffectState StateOf(const EffectRecord& record) {
  static_assert(static_cast<int>(audit::EffectState::kSettled) == static_cast<int>(participant::EffectState::kSettled));
  return static_cast<audit::EffectState>(record.state);
}

template <typename Add>
void EachOf(const SimParticipant& service, const std::string& order, Add add) {
  const auto& records = service.records();
  for (auto found = records.lower_bound(order); found != records.end() && found->first.starts_with(order); ++found) {
    add(found->second);
  }
}

}  // namespace

void Services::AddEffects(const std::string& order, audit::OrderFacts& facts) const {
  EachOf(payment_, order, [&](const EffectRecord& record) {
    if (record.lock_key.has_value()) return;
    audit::Charge charge{record.action_key, record.order_id, StateOf(record)};
    const payment::ChargeOrder asked = payment::DecodeOrder(record);
    charge.asked = asked.amount;
    charge.user_email = asked.user_email;
    charge.counted = record.given_back;
    if (const auto booked = ledger_.find(record.action_key); booked != ledger_.end()) {
      charge.charged = booked->second.charged;
      charge.refunded = booked->second.refunded;
      charge.by_hand = booked->second.in_parts;
      charge.settled = booked->second.settled;
      charge.currency = booked->second.currency;
    }
    facts.charges.push_back(std::move(charge));
  });
  EachOf(inventory_, order, [&](const EffectRecord& record) {
    audit::Reservation reservation{record.action_key, record.order_id, StateOf(record), "", {}, {}, {}};
    if (!record.request.empty()) {
      for (const auto& line : inventory::DecodeLines(record.request)) {
        reservation.lines.push_back({line.item_id, line.quantity});
      }
    }
    facts.reservations.push_back(std::move(reservation));
  });
  EachOf(notification_, order, [&](const EffectRecord& record) {
    audit::Notice notice = truth_.notices.at(record.action_key);
    notice.state = StateOf(record);
    facts.notices.push_back(std::move(notice));
  });
}

std::set<std::string> Services::Orders() const {
  std::set<std::string> orders;
  for (const SimParticipant* service : {&payment_, &inventory_, &notification_, &loyalty_}) {
    for (const auto& [key, record] : service->records()) orders.insert(record.order_id);
  }
  return orders;
}

void Services::CheckLedger() const {
  for (const auto& [key, account] : provider.accounts()) {
    const auto found = ledger_.find(key);
    const Booked booked = found == ledger_.end() ? Booked{} : found->second;
    if (booked.charged == account.charged && booked.refunded == account.refunded) continue;
    // To be seen by comparing with the provider's books, and by nothing here.
    if (booked.settled_blindly && booked.charged == account.charged) continue;
    world_.Violate(fmt::format("{}: the provider took {} and gave {} back, by the ledger {} and {}", key,
                               account.charged, account.refunded, booked.charged, booked.refunded));
  }
}

}  // namespace ordersaga::sim
