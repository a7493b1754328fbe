#include "orchestrator/core/definitions.h"

#include <fmt/format.h>

#include <algorithm>

#include "platform/base/error.h"

namespace ordersaga::orchestrator {
namespace {

void AddOnce(std::string_view name, std::vector<std::string_view>& names) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

}  // namespace

Definitions::Definitions(std::vector<Definition> all) {
  for (Definition& definition : all) {
    for (const EventType* type : EventTypes(definition)) event_types_.push_back(type);
    const int version = definition.version;
    if (!by_version_.emplace(version, std::move(definition)).second) given_twice_.push_back(version);
  }
}

const Definition* Definitions::Find(int version) const {
  const auto found = by_version_.find(version);
  return found == by_version_.end() ? nullptr : &found->second;
}

std::vector<std::string_view> Definitions::participants() const {
  std::vector<std::string_view> names;
  for (const auto& [version, definition] : by_version_) {
    for (const StepDefinition& step : definition.steps) AddOnce(step.participant, names);
  }
  return names;
}

std::vector<std::string_view> Definitions::exchanges() const {
  std::vector<std::string_view> names;
  for (const EventType* type : event_types_) AddOnce(type->exchange, names);
  return names;
}

std::string_view Definitions::ExchangeOf(std::string_view routing_key) const {
  for (const EventType* type : event_types_) {
    if (type->routing_key == routing_key) return type->exchange;
  }
  return kOrderCreated.exchange;
}

absl::Status Check(const Definitions& definitions) {
  std::vector<FieldViolation> problems;
  for (const int version : definitions.given_twice()) {
    problems.push_back({"version", fmt::format("{} is given twice; a change of a saga is a new version", version)});
  }
  for (const auto& [version, definition] : definitions.all()) {
    const std::vector<FieldViolation> its = ViolationsOf(Check(definition));
    problems.insert(problems.end(), its.begin(), its.end());
  }
  return problems.empty() ? absl::OkStatus() : BadRequest(problems);
}

}  // namespace ordersaga::orchestrator
