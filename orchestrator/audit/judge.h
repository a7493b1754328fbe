// The invariants of an order, judged from what is known about it. Pure.
//
// On a live system the facts come from several databases at different moments. A violation is then a suspicion, until
// it is found again in facts that were read in this order: the effects, the saga, and if that has ended the effects
// again. Of an order that has ended nothing moves any more, so it is judged exactly; of an open one only by what can
// never be true of it, whatever has been done and not yet recorded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/audit/facts.h"

namespace ordersaga::audit {

enum class Rule {
  kOrders,   // one ending, and what it says is what was recorded
  kMoney,    // charged - refunded - settled by hand = the total if COMPLETED, 0 if CANCELLED; nothing twice
  kStock,    // a COMPLETED order holds its lines, a CANCELLED one none; per product the sums agree
  kEffects,  // no effect that no saga asked for; no CANCELLED before its undo; nothing undone after the pivot
  kEvents,   // sequence 1..n without holes, telling the ending that was reached
};
std::string_view Name(Rule rule);  // "orders", "money", ...

struct Violation {
  std::string order_id;  // or the product's id, of a stock that does not add up
  Rule rule = Rule::kOrders;
  std::string what;

  bool operator==(const Violation&) const = default;
};

// An effect under a key outside the saga form: done for somebody else. No violation.
struct Foreign {
  std::string service;  // "payment", "inventory"
  std::string key;
  std::string order_id;
};

struct Verdict {
  std::vector<Violation> violations;
  std::vector<Foreign> foreign;
};

// Appends to `verdict`.
void Judge(const OrderFacts& order, Verdict& verdict);

// Its parts. The effects are those of this order, if there are any.
class Report {
 public:
  Report(std::string_view order_id, std::vector<Violation>& violations)
      : order_id_(order_id), violations_(violations) {}
  void operator()(Rule rule, std::string what) {
    violations_.push_back({std::string(order_id_), rule, std::move(what)});
  }

 private:
  std::string_view order_id_;
  std::vector<Violation>& violations_;
};
void JudgeCharge(const SagaFacts& saga, const Charge* charge, Report& report);                 // judge_effects.cc
void JudgeReservation(const SagaFacts& saga, const Reservation* reservation, Report& report);  // judge_effects.cc
void JudgeStory(const SagaFacts& saga, Report& report);                                        // judge_story.cc

}  // namespace ordersaga::audit
