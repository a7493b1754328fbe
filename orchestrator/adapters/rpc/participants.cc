#include "orchestrator/adapters/rpc/participants.h"

#include <fmt/format.h>

#include <utility>

#include "platform/base/error.h"

namespace ordersaga::orchestrator {

absl::Status Participants::Check(const Definitions& definitions) const {
  std::vector<FieldViolation> problems;
  for (const auto& [version, definition] : definitions.all()) {
    for (const StepDefinition& step : definition.steps) {
      if (all_.contains(step.participant)) continue;
      problems.push_back({fmt::format("version {}, step {}", version, step.name),
                          fmt::format("asks \"{}\", and no such participant was given", step.participant)});
    }
  }
  return problems.empty() ? absl::OkStatus() : BadRequest(problems);
}

void Participants::Call(std::vector<ParticipantCall> calls) {
  std::map<Participant*, std::vector<ParticipantCall>> by_participant;
  for (ParticipantCall& call : calls) by_participant[all_.at(call.request.participant)].push_back(std::move(call));
  for (auto& [participant, its] : by_participant) participant->Call(std::move(its));
}

}  // namespace ordersaga::orchestrator
