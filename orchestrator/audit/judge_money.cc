// Money of one order: what was asked for, what the ledger's rows come to, and what the saga says of it.
#include <fmt/format.h>

#include "orchestrator/audit/judge.h"

namespace ordersaga::audit {
namespace {

using orchestrator::Effect;
using orchestrator::Phase;
using orchestrator::Status;
using orchestrator::StepState;

// What was asked for is what was ordered. True of every charge at every moment.
void JudgeAsked(const SagaFacts& saga, const Charge& charge, Report& report) {
  if (!charge.unreadable.empty()) return report(Rule::kMoney, "its charge cannot be read: " + charge.unreadable);
  if (charge.state == EffectState::kVoided) return;  // nothing may ever have been asked for
  if (charge.asked != saga.total) {
    report(Rule::kMoney,
           fmt::format("asked for {}, and the total is {}", Major(charge.asked.minor, charge.asked.currency),
                       Major(saga.total.minor, saga.total.currency)));
  }
  if (charge.user_email != saga.user_email) {
    report(Rule::kOrders, "the charge has another e-mail address than the order");
  }
}

// The same of the ledger.
void JudgeLedger(const SagaFacts& saga, const Charge& charge, Report& report) {
  const std::string& currency = saga.total.currency;
  if (!charge.currency.empty() && charge.currency != currency) {
    report(Rule::kMoney, fmt::format("the ledger's currency is {}, and the total is {}", charge.currency,
                                     Major(saga.total.minor, currency)));
  }
  const bool taken = charge.state == EffectState::kApplied || charge.state == EffectState::kReversed ||
                     charge.state == EffectState::kSettled;
  if ((taken && charge.charged != saga.total.minor) || charge.charged < 0 || charge.charged > saga.total.minor) {
    report(Rule::kMoney, fmt::format("the charge is {}: {} was taken of {}", Name(charge.state),
                                     Major(charge.charged, currency), Major(saga.total.minor, currency)));
  }
  const std::int64_t given_back = charge.refunded + charge.settled;
  if (charge.refunded < 0 || charge.settled < 0 || given_back > charge.charged) {
    report(Rule::kMoney,
           fmt::format("{} was taken and {} given back, {} of it by hand", Major(charge.charged, currency),
                       Major(given_back, currency), Major(charge.settled, currency)));
  }
  if (charge.counted != given_back) {
    report(Rule::kMoney, fmt::format("the ledger's refunds come to {}, and its charge counts {}",
                                     Major(given_back, currency), Major(charge.counted, currency)));
  }
}

void JudgeCompleted(const SagaFacts& saga, const Charge* charge, Report& report) {
  if (charge == nullptr) return report(Rule::kMoney, "COMPLETED, and nothing was charged");
  const std::string& currency = saga.total.currency;
  if (IsUndone(charge->state)) {
    report(Rule::kEffects, fmt::format("COMPLETED, and its charge is {}", Name(charge->state)));
  }
  const std::int64_t kept = charge->charged - (charge->refunded - charge->by_hand) - charge->settled;
  if (kept != saga.total.minor) {
    report(Rule::kMoney, fmt::format("COMPLETED, and {} of {} is missing: {} taken, {} given back",
                                     Major(saga.total.minor - kept, currency), Major(saga.total.minor, currency),
                                     Major(charge->charged, currency), Major(charge->refunded, currency)));
  } else if (charge->state != EffectState::kApplied && !IsUndone(charge->state)) {
    report(Rule::kMoney, fmt::format("COMPLETED, and its charge is {}", Name(charge->state)));
  }
  if (saga.refunded != 0) {
    report(Rule::kMoney, fmt::format("COMPLETED, and its saga gave {} back", Major(saga.refunded, currency)));
  }
}

void JudgeCancelled(const SagaFacts& saga, const Charge* charge, Report& report) {
  const StepState step = saga.StateOf(Effect::kMoney);
  const std::int64_t charged = charge == nullptr ? 0 : charge->charged;
  const std::int64_t refunded = charge == nullptr ? 0 : charge->refunded;
  const std::int64_t settled = charge == nullptr ? 0 : charge->settled;
  if (charge != nullptr && (charge->state == EffectState::kInProgress || charge->state == EffectState::kApplied ||
                            charge->state == EffectState::kReversing)) {
    report(Rule::kEffects, fmt::format("CANCELLED, and its charge is {}", Name(charge->state)));
  } else if (!FitsCancelled(saga, step, charge == nullptr ? nullptr : &charge->state)) {
    report(Rule::kMoney, fmt::format("CANCELLED with {} {}, and its charge is {}", saga.StepWith(Effect::kMoney),
                                     Name(step), charge == nullptr ? "unseen" : Name(charge->state)));
  }
  // What went back in parts before a settlement is in the saga's record neither as the one nor as the other.
  const std::int64_t in_parts = settled > 0 ? charge->by_hand : 0;
  if (charged != refunded + settled || refunded - in_parts != saga.refunded || settled != saga.settled) {
    const std::string& currency = saga.total.currency;
    report(Rule::kMoney,
           fmt::format("CANCELLED: {} taken, {} given back and {} by hand, and the saga recorded {} and {}",
                       Major(charged, currency), Major(refunded, currency), Major(settled, currency),
                       Major(saga.refunded, currency), Major(saga.settled, currency)));
  }
}

void JudgeOpen(const SagaFacts& saga, const Charge* charge, Report& report) {
  if (charge == nullptr) {
    const StepState step = saga.StateOf(Effect::kMoney);
    if (step == StepState::kApplied || step == StepState::kCompensated) {
      report(Rule::kMoney, fmt::format("{} is {}, and there is no charge", saga.StepWith(Effect::kMoney), Name(step)));
    }
    return;
  }
  if (saga.phase == Phase::kWaiting) report(Rule::kEffects, "charged before its saga began");
  if (saga.phase != Phase::kCompensating && (IsUndone(charge->state) || charge->refunded > charge->by_hand)) {
    report(Rule::kEffects, fmt::format("the charge is {} while the saga is {}", Name(charge->state), Name(saga.phase)));
  }
}

}  // namespace

std::string Major(std::int64_t minor, const std::string& currency) {
  return fmt::format("{} {}", FormatMajor({minor, currency}), currency);
}

void JudgeCharge(const SagaFacts& saga, const Charge* charge, Report& report) {
  if (charge != nullptr) {
    JudgeAsked(saga, *charge, report);
    JudgeLedger(saga, *charge, report);
  }
  switch (saga.status) {
    case Status::kCompleted:
      return JudgeCompleted(saga, charge, report);
    case Status::kCancelled:
      return JudgeCancelled(saga, charge, report);
    case Status::kPending:
      return JudgeOpen(saga, charge, report);
  }
}

}  // namespace ordersaga::audit
