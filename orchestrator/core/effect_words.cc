#include "orchestrator/core/effect_words.h"

#include <fmt/format.h>

#include "platform/base/money.h"

namespace ordersaga::orchestrator {

std::string CallOf(const StepRecord& record) {
  return fmt::format("{}'s {}", record.name, record.compensating() ? "compensation" : "action");
}

std::string Moved(const StepDefinition& step, const Order& order) {
  if (step.effect == Effect::kMoney) return FormatMajor(order.total) + " " + order.total.currency;
  if (step.effect != Effect::kStock) return {};
  std::int64_t units = 0;
  for (const OrderLine& line : order.lines) units += line.quantity;
  return units == 1 ? "1 unit" : fmt::format("{} units", units);
}

std::string ToBeUndone(const Definition& definition, const Saga& saga) {
  std::string undone;
  for (std::size_t i = 0; i < saga.steps.size(); ++i) {
    const StepState state = saga.steps[i].state;
    if (state != StepState::kApplied && state != StepState::kRunning && state != StepState::kUnknown) continue;
    undone = Joined(undone, Joined(saga.steps[i].name, Moved(definition.steps[i], *saga.order), ", "), "; ");
  }
  return undone;
}

std::string Joined(std::string first, const std::string& second, const char* between) {
  if (second.empty()) return first;
  return first.empty() ? second : first + between + second;
}

}  // namespace ordersaga::orchestrator
