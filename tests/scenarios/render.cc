#include "tests/scenarios/render.h"

#include <fmt/format.h>

#include "orchestrator/core/endings.h"
#include "orchestrator/core/order_saga.h"

namespace ordersaga::orchestrator {
namespace {

std::string Attempts(int attempts) {
  return fmt::format("{} attempt{}", attempts, attempts == 1 ? "" : "s");
}

std::string DescribeEvent(const DomainEvent& event) {
  std::string text = fmt::format("publish {}", event.type->routing_key);
  const bool payment =
      event.type == &kPaymentSuccessful || event.type == &kPaymentFailed || event.type == &kPaymentRefunded;
  if (payment) text += fmt::format(" {} {}", FormatMajor(event.amount), event.amount.currency);
  if (event.settlement.has_value()) {
    text += fmt::format(" closed by {} with {}", event.settlement->by, FormatMajor(event.settlement->amount));
  }
  if (!event.reason.empty()) text += fmt::format(" {}", event.reason);
  return text;
}

std::string DescribeCall(const Definition& definition, const CallParticipant& call) {
  return fmt::format("{} {}, attempt {}, up to {}", call.compensation ? "undo" : "call",
                     definition.steps[call.step].name, call.attempt, absl::FormatDuration(call.timeout));
}

std::string DescribeState(const Saga& saga, absl::Time now) {
  std::string text = fmt::format("now {}", Name(saga.phase));
  if (saga.phase != Phase::kWaiting && !saga.finished()) text += fmt::format(" at {}", saga.steps[saga.step].name);
  text += fmt::format(", {}", Name(saga.status));
  if (saga.ending.has_value()) text += fmt::format(", ending {}", NameOf(*saga.ending, saga.steps));
  if (saga.stop.has_value() && !saga.ending.has_value())
    text += fmt::format(", to stop: {}", NameOf(*saga.stop, saga.steps));
  if (saga.due_at.has_value()) text += fmt::format(", due in {}", absl::FormatDuration(*saga.due_at - now));
  if (!saga.parked.empty()) text += fmt::format(", parked {}", saga.parked);
  return text;
}

}  // namespace

std::vector<std::string> Describe(const Definition& definition, const Decision& decision, absl::Time now) {
  if (!decision.changed && decision.commands.empty()) return {"ignored"};
  std::vector<std::string> lines;
  for (const DomainEvent& event : decision.events) lines.push_back(DescribeEvent(event));
  for (const CallParticipant& call : decision.commands) lines.push_back(DescribeCall(definition, call));
  lines.push_back(decision.changed ? DescribeState(decision.next, now) : "nothing to store");
  return lines;
}

std::vector<std::string> DescribeSaga(const Saga& saga) {
  std::vector<std::string> lines;
  for (const StepRecord& step : saga.steps) {
    std::string text = fmt::format("{} {}", step.name, Name(step.state));
    if (step.action_attempts > 0) text += fmt::format(", {}", Attempts(step.action_attempts));
    if (step.compensation_attempts > 0) text += fmt::format(", {} to undo", Attempts(step.compensation_attempts));
    if (!step.evidence.empty()) text += fmt::format(", evidence {}", step.evidence);
    if (!step.reason.empty()) text += fmt::format(", reason {}", step.reason);
    if (!step.last_error.empty()) text += fmt::format(", last error: {}", step.last_error);
    lines.push_back(std::move(text));
  }
  if (!saga.reason.empty()) {
    lines.push_back(fmt::format("reason {}{}{}", saga.reason, saga.message.empty() ? "" : ": ", saga.message));
  }
  if (saga.refunded.minor != 0) {
    lines.push_back(fmt::format("refunded {} {}", FormatMajor(saga.refunded), saga.refunded.currency));
  }
  if (saga.settled.minor != 0) {
    lines.push_back(fmt::format("settled by hand {} {}", FormatMajor(saga.settled), saga.settled.currency));
  }
  return lines;
}

std::vector<std::string> DescribeWhy(const Why& why, absl::Time now) {
  std::vector<std::string> lines = {"waits for " + why.waits_for};
  if (!why.trouble.empty()) lines.push_back("trouble: " + why.trouble);
  for (const Why::Fact& fact : why.facts) lines.push_back(fmt::format("{}: {}", fact.step, fact.what));
  std::string next = why.next.empty() ? "nothing comes by itself" : why.next;
  if (why.next_at.has_value()) next = fmt::format("in {}: {}", absl::FormatDuration(*why.next_at - now), next);
  lines.push_back(std::move(next));
  for (const Why::Verb& verb : why.verbs) lines.push_back(fmt::format("{}: {}", verb.name, verb.effect));
  return lines;
}

}  // namespace ordersaga::orchestrator
