// An operator did something. What is possible, and what it is in words, stands in verb.cc; here is what it does.
//
// A paused saga is parked for that reason, and Draft::Call asks nobody while it is: answers that still come are taken,
// and the saga moves on without calling. Resuming asks for the call that is then the current one. An attempt may so be
// repeated that was made before the pause: its key makes that safe.
#include <fmt/format.h>

#include "orchestrator/core/handlers.h"
#include "orchestrator/core/moves.h"
#include "platform/base/error.h"
#include "platform/base/money.h"

namespace ordersaga::orchestrator {
namespace {

constexpr std::string_view kSkipped = "SKIPPED_BY_OPERATOR";

// Time stood still while the saga was paused.
void Unpark(Draft& draft) {
  Saga& saga = draft.saga();
  saga.parked.clear();
  saga.due_at.reset();
  if (!saga.paused_at.has_value()) return;
  StandStill(draft, draft.now() - *saga.paused_at);
  saga.paused_at.reset();
}

void Retry(Draft& draft) {
  Saga& saga = draft.saga();
  Unpark(draft);
  if (saga.phase == Phase::kWaiting) return;  // it waits for its turn again
  if (saga.phase == Phase::kForward && WantsStop(draft)) return HonourStop(draft);
  RetryNow(draft);
}

void Pause(Draft& draft) {
  Saga& saga = draft.saga();
  saga.parked = kPaused;
  saga.paused_at = draft.now();
  saga.due_at.reset();
}

void Resume(Draft& draft) {
  Saga& saga = draft.saga();
  Unpark(draft);
  if (saga.phase == Phase::kWaiting) return;
  if (saga.phase == Phase::kForward && WantsStop(draft)) return HonourStop(draft);
  draft.Call();
}

// `at_once`: an answer that may be under way is not waited for. Its effect, if there is one, is undone like every
// other.
void Cancel(Draft& draft, bool at_once) {
  Saga& saga = draft.saga();
  if (!saga.stop.has_value()) {
    saga.stop = Ending::kCancelledByOperator;
    saga.reason = "CANCELLED_BY_OPERATOR";
    saga.message = "cancelled by an operator";
  }
  const bool idle = saga.phase == Phase::kWaiting || saga.due_at.has_value() || !saga.parked.empty();
  Unpark(draft);
  if (idle || at_once) HonourStop(draft);
}

// The participant books it under the compensation's key, so that a refund that comes late after all is none.
void SettleByHand(Draft& draft, const VerbAsked& asked) {
  Unpark(draft);
  draft.saga().settlement = asked.settlement;
  RetryNow(draft);
}

void Skip(Draft& draft) {
  Unpark(draft);
  StepRecord& record = draft.record();
  record.state = StepState::kVoid;
  record.reason = kSkipped;
  record.ended_at = draft.now();
  GoOnNotifying(draft);
}

void Do(Draft& draft, const VerbAsked& asked) {
  switch (asked.verb) {
    case Verb::kRetry:
      return Retry(draft);
    case Verb::kPause:
      return Pause(draft);
    case Verb::kResume:
      return Resume(draft);
    case Verb::kCancel:
      return Cancel(draft, false);
    case Verb::kCompensate:
      return Cancel(draft, true);
    case Verb::kSettle:
      return SettleByHand(draft, asked);
    case Verb::kSkip:
      return Skip(draft);
  }
}

// A settlement must be named, and be of money that the order is about.
absl::Status CheckSettlement(const Saga& saga, const VerbAsked& asked) {
  if (asked.verb != Verb::kSettle) return absl::OkStatus();
  const Money& total = saga.order->total;
  std::vector<FieldViolation> problems;
  if (!asked.settlement.has_value() || asked.settlement->evidence.empty()) {
    problems.push_back({"evidence", "must say where it can be looked up that the money was given back"});
  }
  const bool fits = asked.settlement.has_value() && asked.settlement->amount.currency == total.currency &&
                    asked.settlement->amount.minor > 0 && asked.settlement->amount.minor <= total.minor;
  if (!fits) {
    problems.push_back({"amount", fmt::format("must be what was given back by hand, at most {} {}", FormatMajor(total),
                                              total.currency)});
  }
  return problems.empty() ? absl::OkStatus() : BadRequest(problems);
}

absl::Status Refusal(Draft& draft, Verb verb) {
  const Saga& saga = draft.saga();
  const std::string possible = PossibleVerbs(draft.definition(), saga);
  if (saga.finished()) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "SAGA_FINISHED",
                     fmt::format("the saga has finished; there is nothing to {}", Name(verb)));
  }
  if (verb == Verb::kRetry && saga.parked.empty()) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "SAGA_AT_WORK",
                     "the saga is neither parked nor waiting for its next attempt; there is nothing to retry; possible "
                     "now: " +
                         possible);
  }
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "VERB_NOT_POSSIBLE",
      fmt::format("{} is not possible while the saga is {}; possible now: {}", Name(verb), Standing(saga), possible));
}

}  // namespace

absl::Status OnVerbAsked(Draft& draft, const VerbAsked& asked) {
  const Saga& saga = draft.saga();
  if (asked.version.has_value() && *asked.version != saga.version) {
    return MakeError(
        absl::StatusCode::kAborted, "SAGA_CHANGED",
        fmt::format("the saga is at version {} and not {}: look at it again", saga.version, *asked.version));
  }
  if (!EffectOf(draft.definition(), saga, asked.verb).has_value()) return Refusal(draft, asked.verb);
  if (absl::Status status = CheckSettlement(saga, asked); !status.ok()) return status;
  Deed deed{asked.verb, asked.who, draft.now(), 0, Standing(saga), {}};
  draft.Note(fmt::format("{} requested", Name(asked.verb)), fmt::format("{}: {}", asked.who.by, asked.who.reason));
  Do(draft, asked);
  deed.version = saga.version;
  deed.after = Standing(saga);
  if (asked.verb == Verb::kSettle) {
    const Money& amount = asked.settlement->amount;
    deed.after += fmt::format(", {} {} settled by hand", FormatMajor(amount), amount.currency);
  }
  draft.Record(std::move(deed));
  return absl::OkStatus();
}

}  // namespace ordersaga::orchestrator
