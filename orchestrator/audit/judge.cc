#include "orchestrator/audit/judge.h"

#include <fmt/format.h>

#include "orchestrator/audit/keys.h"

namespace ordersaga::audit {
namespace {

using orchestrator::Definition;
using orchestrator::Effect;
using orchestrator::StepDefinition;

// Its own participant asks about an effect once an hour at least (platform/participant/core/patience.h).
constexpr absl::Duration kLong = absl::Hours(1);

// One that no saga waits for. What a saga waits for, it asks about itself; that is judged by where the saga stands.
template <typename Fact>
void JudgeUnderWay(const Fact& effect, std::string_view step, std::string_view id, Verdict& verdict) {
  if constexpr (requires { effect.under_way; }) {  // stock is taken or not, in one transaction
    if (effect.under_way < kLong) return;
    verdict.violations.push_back(
        {std::string(id), Rule::kEffects,
         fmt::format(
             "{} is {} for {} already: {} asks its provider once an hour; look in its log for why it does not answer",
             effect.key, Name(effect.state), absl::FormatDuration(absl::Trunc(effect.under_way, absl::Minutes(1))),
             step)});
  }
}

// The effect of this order's step; the others are foreign, or a violation.
template <typename Fact>
const Fact* Own(const std::vector<Fact>& effects, std::string_view step, std::string_view id, Verdict& verdict) {
  const Fact* own = nullptr;
  for (const Fact& effect : effects) {
    const std::string_view saga = SagaOf(effect.key, step);
    if (saga.empty()) {
      verdict.foreign.push_back({std::string(step), effect.key, effect.order_id, std::string(Name(effect.state))});
      JudgeUnderWay(effect, step, id, verdict);
    } else if (saga != id) {
      verdict.violations.push_back(
          {std::string(id), Rule::kEffects, fmt::format("the effect {} is filed under this order", effect.key)});
    } else {
      own = &effect;
    }
  }
  return own;
}

template <typename Fact>
void JudgeOrphan(const Fact* effect, std::string_view step, Report& report) {
  if (effect == nullptr) return;
  report(Rule::kEffects, fmt::format("there is no such order, and {} says {} of it", step, Name(effect->state)));
}

// A saga never asks for a part of a charge back.
void ListPartsGivenBack(const Charge* charge, std::string_view step, Verdict& verdict) {
  if (charge == nullptr || charge->by_hand == 0) return;
  verdict.foreign.push_back({std::string(step), charge->key, charge->order_id,
                             fmt::format("{} given back in part", Major(charge->by_hand, charge->currency))});
}

// What must agree within the saga's own record, whether it has ended or not.
void JudgeRecord(const SagaFacts& saga, Report& report) {
  if (saga.lines_minor != saga.total.minor) {
    report(Rule::kMoney,
           fmt::format("the lines come to {}, and the total is {}", Major(saga.lines_minor, saga.total.currency),
                       Major(saga.total.minor, saga.total.currency)));
  }
  if (saga.journal_entries != saga.version || saga.journal_strays) {
    report(Rule::kOrders, fmt::format("its journal has {} of {} entries{}", saga.journal_entries, saga.version,
                                      saga.journal_strays ? ", and others besides" : ""));
  }
}

}  // namespace

std::string_view Name(Rule rule) {
  switch (rule) {
    case Rule::kOrders:
      return "orders";
    case Rule::kMoney:
      return "money";
    case Rule::kStock:
      return "stock";
    case Rule::kEffects:
      return "effects";
    case Rule::kNotices:
      return "notices";
    case Rule::kEvents:
      return "events";
  }
  return "?";
}

void Judge(const orchestrator::Definitions& definitions, const OrderFacts& order, Verdict& verdict) {
  const bool known = order.saga.has_value() && order.saga->definition != nullptr;
  const Definition& definition = known ? *order.saga->definition : definitions.newest();
  const auto name = [&](Effect effect) {
    const StepDefinition* step = StepWith(definition, effect);
    return step == nullptr ? std::string_view() : step->name;
  };
  const Charge* charge = Own(order.charges, name(Effect::kMoney), order.id, verdict);
  const Reservation* reservation = Own(order.reservations, name(Effect::kStock), order.id, verdict);
  const Notice* notice = Own(order.notices, name(Effect::kNotice), order.id, verdict);
  ListPartsGivenBack(charge, name(Effect::kMoney), verdict);
  Report report(order.id, verdict.violations);
  if (!order.saga.has_value()) {
    JudgeOrphan(charge, name(Effect::kMoney), report);
    JudgeOrphan(reservation, name(Effect::kStock), report);
    JudgeOrphan(notice, name(Effect::kNotice), report);
    return;
  }
  const SagaFacts& saga = *order.saga;
  if (!saga.unreadable.empty()) return report(Rule::kOrders, fmt::format("cannot be read: {}", saga.unreadable));
  JudgeEnding(saga, report);
  JudgeCharge(saga, charge, report);
  JudgeReservation(saga, reservation, report);
  JudgeNotice(saga, notice, report);
  JudgeStory(saga, report);
  JudgeRecord(saga, report);
  if (std::string why = Forgotten(saga); !why.empty()) {
    report(Rule::kOrders, std::move(why));
  } else if (std::optional<Standing> standing = StandsStill(order.id, saga)) {
    verdict.standing.push_back(*std::move(standing));
  }
}

}  // namespace ordersaga::audit
