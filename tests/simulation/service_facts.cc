// What an audit would be told.
#include <fmt/format.h>

#include "tests/simulation/services.h"

namespace ordersaga::sim {
namespace {

audit::EffectState StateOf(participant::EffectState state) {
  switch (state) {
    case participant::EffectState::kInProgress:
      return audit::EffectState::kInProgress;
    case participant::EffectState::kApplied:
      return audit::EffectState::kApplied;
    case participant::EffectState::kRejected:
      return audit::EffectState::kRejected;
    case participant::EffectState::kVoided:
      return audit::EffectState::kVoided;
    case participant::EffectState::kReversing:
      return audit::EffectState::kReversing;
    case participant::EffectState::kReversed:
      return audit::EffectState::kReversed;
  }
  return audit::EffectState::kInProgress;
}

}  // namespace

void Services::AddEffects(const std::string& order, audit::OrderFacts& facts) const {
  const std::string payment = order + "/payment/";
  const std::string inventory = order + "/inventory/";
  const std::string notification = order + "/notification/";
  for (auto found = records_.lower_bound(order); found != records_.end() && found->first.starts_with(order); ++found) {
    const auto& [key, record] = *found;
    if (key.starts_with(payment)) {
      audit::Charge charge{key, record.order_id, StateOf(record.state)};
      if (const auto paid = truth_.payments.find(key); paid != truth_.payments.end()) {
        charge.asked = paid->second.asked;
        charge.user_email = paid->second.user_email;
        charge.charged = paid->second.charges * charge.asked.minor;
        charge.refunded = charge.counted = paid->second.refunds * charge.asked.minor;
        charge.currency = charge.asked.currency;
      }
      facts.charges.push_back(std::move(charge));
    } else if (key.starts_with(inventory)) {
      audit::Reservation reservation{key, record.order_id, StateOf(record.state), "", {}, {}, {}};
      if (const auto asked = truth_.asked.find(key); asked != truth_.asked.end()) reservation.lines = asked->second;
      facts.reservations.push_back(std::move(reservation));
    } else if (key.starts_with(notification)) {
      audit::Notice notice = truth_.notices.at(key);
      notice.state = StateOf(record.state);
      facts.notices.push_back(std::move(notice));
    }
  }
}

std::set<std::string> Services::Orders() const {
  std::set<std::string> orders;
  for (const auto& [key, record] : records_) orders.insert(record.order_id);
  return orders;
}

}  // namespace ordersaga::sim
