#include "orchestrator/core/why.h"

#include <fmt/format.h>

#include <algorithm>

#include "orchestrator/core/effect_words.h"
#include "orchestrator/core/verb.h"
#include "platform/base/money.h"

namespace ordersaga::orchestrator {
namespace {

std::string StateOf(const StepRecord& record) {
  switch (record.state) {
    case StepState::kWaiting:
      return "not begun";
    case StepState::kRunning:
      return "asked for, no answer yet";
    case StepState::kApplied:
      return "done";
    case StepState::kRejected:
      return Joined("rejected", record.reason, ": ");
    case StepState::kUnknown:
      return "given up without an answer: it may be done";
    case StepState::kCompensating:
      return record.succeeded ? "done; being undone" : "perhaps done; being undone";
    case StepState::kCompensated:
      return "undone";
    case StepState::kVoid:
      return record.reason.empty() ? "not done, and barred" : "left undone: " + record.reason;
  }
  return {};
}

Why::Fact FactOf(const StepDefinition& step, const StepRecord& record, const Saga& saga) {
  if (step.effect == Effect::kMoney && saga.settled.minor > 0) {
    const std::string evidence = saga.settlement.has_value() ? saga.settlement->evidence : "";
    const std::string amount = fmt::format("{} {}", FormatMajor(saga.settled), saga.settled.currency);
    return {record.name, "given back by hand: " + Joined(amount, evidence, ", ")};
  }
  const bool moved =
      record.state != StepState::kWaiting && record.state != StepState::kRejected && record.state != StepState::kVoid;
  const std::string what = moved ? Joined(Moved(step, *saga.order), record.evidence, ", ") : "";
  return {record.name, Joined(StateOf(record), what, ": ")};
}

const CallPolicy& PolicyOf(const StepDefinition& step, const StepRecord& record) {
  return record.compensating() && step.compensation.has_value() ? *step.compensation : step.action;
}

// What happens if the call goes on failing until its budget ends.
std::string GivenUp(const StepDefinition& step, const StepRecord& record) {
  if (record.compensating() || step.kind == StepKind::kRetriable) return "then a person is asked";
  return "then the order is cancelled, and what was done is undone";
}

void ExplainAtWork(const StepDefinition& step, const Saga& saga, Why& why) {
  const StepRecord& record = saga.steps[saga.step];
  const auto& started = record.compensating() ? record.compensation_started_at : record.started_at;
  const absl::Time budget_end = started.value_or(saga.updated_at) + PolicyOf(step, record).budget;
  if (!saga.due_at.has_value()) {
    why.waits_for = fmt::format("an answer to attempt {} of {}", record.attempts(), CallOf(record));
    why.next = "without an answer it is repeated, under the same key; " + GivenUp(step, record);
    why.next_at = saga.updated_at + PolicyOf(step, record).attempt_timeout;
    return;
  }
  why.waits_for = fmt::format("attempt {} of {}", record.attempts() + 1, CallOf(record));
  why.next_at = saga.due_at;
  why.next = *saga.due_at >= budget_end
                 ? "it is given up: " + GivenUp(step, record)
                 : fmt::format("it is tried again; until {}, {}",
                               absl::FormatTime("%H:%M:%SZ", budget_end, absl::UTCTimeZone()), GivenUp(step, record));
}

std::string TroubleOf(const StepRecord& record) {
  if (record.last_error.empty()) return {};
  return fmt::format("attempt {} of {}: {}", record.attempts(), CallOf(record), record.last_error);
}

}  // namespace

void ExplainHold(std::string_view participant, absl::Time since, const std::string& by, const std::string& reason,
                 Why& why) {
  why.waits_for = fmt::format("{}, which {} has put on hold: {}", participant, by, reason);
  why.since = std::max(why.since, since);
  why.next = fmt::format("{} is asked once it is released; no time passes until then", participant);
  why.next_at.reset();
  why.verbs.push_back({"release " + std::string(participant), "for everybody: its sagas go on where they stand"});
}

Why Explain(const Definition& definition, const Saga& saga, absl::Time now) {
  Why why;
  why.since = saga.updated_at;
  for (std::size_t i = 0; i < saga.steps.size(); ++i) {
    why.facts.push_back(FactOf(definition.steps[i], saga.steps[i], saga));
  }
  if (saga.finished()) {
    why.waits_for = Joined(fmt::format("nothing: the order is {}", Name(saga.status)), saga.reason, ", ");
    return why;
  }
  if (saga.phase != Phase::kWaiting) why.trouble = TroubleOf(saga.steps[saga.step]);
  if (!saga.parked.empty()) {
    why.waits_for = saga.parked == kPaused ? "an operator to resume it" : "a person: " + saga.parked;
  } else if (saga.phase == Phase::kWaiting) {
    why.waits_for = "its turn: orders that came before it have not started either";
    why.next = "it starts when there is room";
  } else {
    ExplainAtWork(definition.steps[saga.step], saga, why);
  }
  if (saga.stop.has_value()) {
    const char* when = saga.parked.empty() ? ": at the next answer" : ": when it goes on";
    why.next = Joined("it is to be cancelled", saga.reason, ", ") + when;
  }
  const bool late = saga.phase == Phase::kForward && saga.deadline_at.has_value() && *saga.deadline_at <= now;
  if (late && saga.parked.empty()) why.next = "its deadline has passed: it is cancelled, and what was done is undone";
  for (const Verb verb : kVerbs) {
    if (std::optional<std::string> effect = EffectOf(definition, saga, verb)) {
      why.verbs.push_back({std::string(Name(verb)), *std::move(effect)});
    }
  }
  return why;
}

}  // namespace ordersaga::orchestrator
