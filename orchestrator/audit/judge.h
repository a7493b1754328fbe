// The invariants of an order, judged from what is known about it. Pure.
//
// On a live system the facts come from several databases at different moments. A violation is then a suspicion, until
// it is found again in facts that were read in this order: the effects, the saga, and if that has ended the effects
// again. Of an order that has ended nothing moves any more, so it is judged exactly; of an open one only by what can
// never be true of it, whatever has been done and not yet recorded. That an open saga stands still for too long is
// never more than a suspicion: only waiting tells.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/audit/facts.h"

namespace ordersaga::audit {

enum class Rule {
  kOrders,   // one ending, what it says is what was recorded, the whole journal; an open one moves on
  kMoney,    // charged - refunded - settled by hand = the total if COMPLETED, 0 if CANCELLED; nothing twice
  kStock,    // a COMPLETED order holds its lines, a CANCELLED one none; per product the sums agree
  kEffects,  // no effect that no saga asked for, or none that never ends; no CANCELLED before its undo; nothing undone
             // after the pivot
  kNotices,  // the customer is told of the ending that was reached, once it was
  kEvents,   // sequence 1..n without holes, telling the ending that was reached, and saying what the order says
};
std::string_view Name(Rule rule);  // "orders", "money", ...

struct Violation {
  std::string order_id;  // or the product's id, of a stock that does not add up
  Rule rule = Rule::kOrders;
  std::string what;

  bool operator==(const Violation&) const = default;
};

// An effect under a key outside the saga form: no saga asked for it. Whether that is a violation is for the caller to
// say: where people call the services by hand it is not.
struct Foreign {
  std::string service;  // "payment", "inventory", "notification"
  std::string key;
  std::string order_id;
  std::string what;  // "applied", "12.00 USD given back in part"
};

// An open saga that should have been moved on by now. It is a violation if that is still so after its patience has
// passed once more; one that stands still must also be of the same version then.
struct Standing {
  Violation violation;
  std::optional<std::int64_t> version;
  absl::Duration patience;
};

struct Verdict {
  std::vector<Violation> violations;
  std::vector<Foreign> foreign;
  std::vector<Standing> standing;
};

// Appends to `verdict`. A saga is judged by its own definition; effects without one by the newest.
void Judge(const orchestrator::Definitions& definitions, const OrderFacts& order, Verdict& verdict);

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
void JudgeEnding(const SagaFacts& saga, Report& report);                                       // judge_ending.cc
void JudgeCharge(const SagaFacts& saga, const Charge* charge, Report& report);                 // judge_money.cc
void JudgeReservation(const SagaFacts& saga, const Reservation* reservation, Report& report);  // judge_effects.cc
void JudgeNotice(const SagaFacts& saga, const Notice* notice, Report& report);                 // judge_notice.cc
void JudgeStory(const SagaFacts& saga, Report& report);                                        // judge_story.cc
// Why nobody will look at this open saga again; empty: somebody will, or it has finished.
std::string Forgotten(const SagaFacts& saga);  // judge_progress.cc
// Why it should have been moved on by now; nullopt: not yet.
std::optional<Standing> StandsStill(std::string_view order_id, const SagaFacts& saga);  // judge_progress.cc

// What several of them need.
bool IsUndone(EffectState state);
bool SameLines(const std::vector<Line>& a, const std::vector<Line>& b);
// Whether a CANCELLED order may have this effect (null: none), its step having come to this.
bool FitsCancelled(const SagaFacts& saga, orchestrator::StepState step, const EffectState* effect);
std::string Major(std::int64_t minor, const std::string& currency);  // "12.00 USD"

}  // namespace ordersaga::audit
