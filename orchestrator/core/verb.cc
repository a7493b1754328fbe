#include "orchestrator/core/verb.h"

#include <fmt/format.h>

#include "orchestrator/core/effect_words.h"

namespace ordersaga::orchestrator {
namespace {

bool IsPaused(const Saga& saga) {
  return saga.parked == kPaused;
}

bool CallIsOut(const Saga& saga) {
  return saga.phase != Phase::kWaiting && saga.parked.empty() && !saga.due_at.has_value();
}

// Its ending has not been decided.
bool Undecided(const Saga& saga) {
  return saga.status == Status::kPending && saga.phase != Phase::kCompensating;
}

std::optional<std::string> EffectOfRetry(const Saga& saga) {
  if (IsPaused(saga) || (saga.parked.empty() && !saga.due_at.has_value())) return std::nullopt;
  if (saga.phase == Phase::kWaiting) return "it waits for its turn again";
  return fmt::format("tries {} now, under the same key, with a new budget", CallOf(saga.steps[saga.step]));
}

std::optional<std::string> EffectOfPause(const Saga& saga) {
  if (!saga.parked.empty()) return std::nullopt;
  return "nothing more is asked of anybody until it is resumed; its deadline stands still; money and stock stay";
}

std::optional<std::string> EffectOfResume(const Saga& saga) {
  if (!IsPaused(saga)) return std::nullopt;
  if (saga.phase == Phase::kWaiting) return "it waits for its turn again";
  return fmt::format("goes on with {}", CallOf(saga.steps[saga.step]));
}

std::string EndsCancelled(const Definition& definition, const Saga& saga) {
  const std::string undone = ToBeUndone(definition, saga);
  if (undone.empty()) return "the order ends CANCELLED; nothing has to be undone";
  return "the order ends CANCELLED once this is undone: " + undone;
}

std::optional<std::string> EffectOfCancel(const Definition& definition, const Saga& saga) {
  if (!Undecided(saga) || (saga.stop.has_value() && saga.parked.empty())) return std::nullopt;
  return EndsCancelled(definition, saga);
}

std::optional<std::string> EffectOfCompensate(const Definition& definition, const Saga& saga) {
  if (!Undecided(saga) || saga.phase == Phase::kWaiting || !CallIsOut(saga)) return std::nullopt;
  return "without waiting for an answer, " + EndsCancelled(definition, saga);
}

std::optional<std::string> EffectOfSettle(const Definition& definition, const Saga& saga) {
  const bool being_undone = saga.phase == Phase::kCompensating && definition.steps[saga.step].effect == Effect::kMoney;
  if (!being_undone || CallIsOut(saga) || IsPaused(saga)) return std::nullopt;
  return fmt::format(
      "what is left of {} counts as given back by hand, and {} refunds nothing any more; then the order "
      "goes on to end CANCELLED",
      Moved(definition.steps[saga.step], *saga.order), definition.steps[saga.step].participant);
}

std::optional<std::string> EffectOfSkip(const Saga& saga) {
  if (saga.phase != Phase::kNotifying || CallIsOut(saga) || IsPaused(saga)) return std::nullopt;
  return fmt::format("{} is left undone; money and stock stay", saga.steps[saga.step].name);
}

}  // namespace

std::string_view Name(Verb verb) {
  switch (verb) {
    case Verb::kRetry:
      return "retry";
    case Verb::kPause:
      return "pause";
    case Verb::kResume:
      return "resume";
    case Verb::kCancel:
      return "cancel";
    case Verb::kCompensate:
      return "compensate";
    case Verb::kSettle:
      return "settle";
    case Verb::kSkip:
      return "skip";
  }
  return "?";
}

std::optional<Verb> ParseVerb(std::string_view name) {
  for (const Verb verb : kVerbs) {
    if (Name(verb) == name) return verb;
  }
  return std::nullopt;
}

std::string Standing(const Saga& saga) {
  std::string standing(Name(saga.phase));
  if (!saga.finished() && saga.phase != Phase::kWaiting) standing += " at " + saga.steps[saga.step].name;
  if (!saga.parked.empty()) standing += ", parked " + saga.parked;
  return standing;
}

std::optional<std::string> EffectOf(const Definition& definition, const Saga& saga, Verb verb) {
  if (saga.finished()) return std::nullopt;
  switch (verb) {
    case Verb::kRetry:
      return EffectOfRetry(saga);
    case Verb::kPause:
      return EffectOfPause(saga);
    case Verb::kResume:
      return EffectOfResume(saga);
    case Verb::kCancel:
      return EffectOfCancel(definition, saga);
    case Verb::kCompensate:
      return EffectOfCompensate(definition, saga);
    case Verb::kSettle:
      return EffectOfSettle(definition, saga);
    case Verb::kSkip:
      return EffectOfSkip(saga);
  }
  return std::nullopt;
}

std::string PossibleVerbs(const Definition& definition, const Saga& saga) {
  std::string verbs;
  for (const Verb verb : kVerbs) {
    if (EffectOf(definition, saga, verb).has_value())
      verbs += fmt::format("{}{}", verbs.empty() ? "" : ", ", Name(verb));
  }
  return verbs.empty() ? "none" : verbs;
}

}  // namespace ordersaga::orchestrator
