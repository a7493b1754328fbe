// The events of one order: without holes, and those that its definition has for its ending.
#include <fmt/format.h>

#include <algorithm>

#include "orchestrator/audit/judge.h"

namespace ordersaga::audit {
namespace {

using orchestrator::Ending;
using orchestrator::EventType;
using orchestrator::kOrderCancelled;
using orchestrator::kOrderCompleted;
using orchestrator::Status;
using orchestrator::StepDefinition;
using orchestrator::StepKind;
using orchestrator::StepState;

// Events of steps after the ending: they may come at any time once the order has ended, and tell nothing of how.
bool IsAfterwards(const SagaFacts& saga, std::string_view routing_key) {
  const auto& steps = saga.definition->steps;
  return std::any_of(steps.begin(), steps.end(), [&](const StepDefinition& step) {
    if (step.kind != StepKind::kRetriable) return false;
    for (const EventType* type : {step.applied_event, step.failed_event}) {
      if (type != nullptr && type->routing_key == routing_key) return true;
    }
    return false;
  });
}

// The routing keys that tell the ending, a blank behind each; without those that may come in between or afterwards.
std::string Told(const SagaFacts& saga) {
  std::string told;
  bool ended = false;
  for (const Event& event : saga.events) {
    if (event.routing_key == orchestrator::kSagaNeedsAttention.routing_key) continue;
    if (ended && IsAfterwards(saga, event.routing_key)) continue;
    told.append(event.routing_key).append(" ");
    ended =
        ended || event.routing_key == kOrderCompleted.routing_key || event.routing_key == kOrderCancelled.routing_key;
  }
  return told;
}

// An order that an operator has closed may have been on its way to any ending: which step had failed is not looked at.
std::string WithoutWay(const SagaFacts& saga, std::string told) {
  if (saga.ending != Ending(Ending::kClosedByOperator)) return told;
  for (const StepDefinition& step : saga.definition->steps) {
    if (step.failed_event == nullptr) continue;
    const std::string failed = std::string(step.failed_event->routing_key) + " ";
    if (const std::size_t at = told.find(failed); at != std::string::npos) told.erase(at, failed.size());
  }
  return told;
}

// What has to be told of an order that has ended so: of its steps in their order, then of what was undone in reverse.
class Story {
 public:
  explicit Story(const SagaFacts& saga) : saga_(saga), steps_(saga.definition->steps) {}

  std::string Text() {
    Tell(&orchestrator::kOrderCreated);
    const Ending ending = *saga_.ending;
    if (ending == Ending::kCompleted) {
      TellApplied(steps_.size());
      Tell(&kOrderCompleted);
      return text_;
    }
    if (ending.kind == Ending::kRejected || ending.kind == Ending::kUnknown) {
      TellApplied(ending.step);
      TellOfFailure(ending);
      TellUndone(ending.step);
    } else {
      for (std::size_t i = 0; i < steps_.size(); ++i) {
        if (IsToldUndone(i)) Tell(steps_[i].applied_event);
      }
      for (std::size_t i = steps_.size(); i-- > 0;) {
        if (IsToldUndone(i) && !IsSettled(i)) Tell(steps_[i].undone_event);
      }
    }
    Tell(&kOrderCancelled);
    return text_;
  }

 private:
  // Done, and taken back again, and subscribers hear of that.
  bool IsToldUndone(std::size_t step) const {
    return steps_[step].undone_event != nullptr && saga_.steps[step] == StepState::kCompensated;
  }
  // Money that was given back by hand is told of by the order's own event.
  bool IsSettled(std::size_t step) const {
    return saga_.ending == Ending(Ending::kClosedByOperator) && steps_[step].effect == orchestrator::Effect::kMoney;
  }

  // The steps before `end`, which were done before the order took its turn.
  void TellApplied(std::size_t end) {
    for (std::size_t i = 0; i < end; ++i) {
      if (steps_[i].kind != StepKind::kRetriable) Tell(steps_[i].applied_event);
    }
  }
  void TellUndone(std::size_t end) {
    for (std::size_t i = end; i-- > 0;) Tell(steps_[i].undone_event);
  }

  // Of the step that the order ended at. One that nobody answered for may have been found done, and was undone then.
  void TellOfFailure(const Ending& ending) {
    const StepDefinition& step = steps_[ending.step];
    if (ending.kind == Ending::kUnknown && IsToldUndone(ending.step)) {
      Tell(step.applied_event);
      Tell(step.undone_event);
    } else {
      Tell(step.failed_event);
    }
  }

  void Tell(const EventType* type) {
    if (type != nullptr) text_.append(type->routing_key).append(" ");
  }

  const SagaFacts& saga_;
  const std::vector<StepDefinition>& steps_;
  std::string text_;
};

// False: reported.
bool IsGapless(const SagaFacts& saga, Report& report) {
  std::int64_t next = 1;
  for (const Event& event : saga.events) {
    if (event.sequence != next) {
      report(Rule::kEvents, fmt::format("event {} is {}", next, event.sequence > next ? "missing" : "there twice"));
      return false;
    }
    ++next;
  }
  if (next - 1 == saga.event_sequence) return true;
  report(Rule::kEvents, fmt::format("{} events are stored, and the saga wrote {}", next - 1, saga.event_sequence));
  return false;
}

}  // namespace

void JudgeStory(const SagaFacts& saga, Report& report) {
  for (const Event& event : saga.events) {
    if (event.contradiction.empty()) continue;
    report(Rule::kEvents, fmt::format("event {} ({}): {}", event.sequence, event.routing_key, event.contradiction));
  }
  if (!saga.events_kept || !IsGapless(saga, report)) return;
  const std::string told = Told(saga);
  if (saga.status == Status::kPending) {
    const bool outcome =
        told.find("order.completed ") != std::string::npos || told.find("order.cancelled ") != std::string::npos;
    if (outcome || !told.starts_with("order.created ")) {
      report(Rule::kEvents, fmt::format("PENDING, and its events are: {}", told));
    }
    return;
  }
  if (!saga.ending.has_value() || WithoutWay(saga, told) != Story(saga).Text()) {
    report(Rule::kEvents, fmt::format("{}, and its events are: {}", Name(saga.status), told));
  }
}

}  // namespace ordersaga::audit
