// The names under which states are stored, shown and published: never rename one
// (tests/conformance/older_rows_test.cc).
#include <array>
#include <utility>

#include "orchestrator/core/saga.h"

namespace ordersaga::orchestrator {
namespace {

template <typename Enum, std::size_t n>
std::optional<Enum> ParseWith(const std::array<Enum, n>& all, std::string_view name) {
  for (const Enum value : all) {
    if (Name(value) == name) return value;
  }
  return std::nullopt;
}

constexpr std::array kPhases = {Phase::kWaiting, Phase::kForward, Phase::kCompensating, Phase::kNotifying,
                                Phase::kFinished};
constexpr std::array kStepStates = {StepState::kWaiting,     StepState::kRunning, StepState::kApplied,
                                    StepState::kRejected,    StepState::kUnknown, StepState::kCompensating,
                                    StepState::kCompensated, StepState::kVoid};
constexpr std::array kStatuses = {Status::kPending, Status::kCompleted, Status::kCancelled};

}  // namespace

std::string_view Name(Phase phase) {
  switch (phase) {
    case Phase::kWaiting:
      return "waiting";
    case Phase::kForward:
      return "forward";
    case Phase::kCompensating:
      return "compensating";
    case Phase::kNotifying:
      return "notifying";
    case Phase::kFinished:
      return "finished";
  }
  return "?";
}

std::string_view Name(StepState state) {
  switch (state) {
    case StepState::kWaiting:
      return "waiting";
    case StepState::kRunning:
      return "running";
    case StepState::kApplied:
      return "applied";
    case StepState::kRejected:
      return "rejected";
    case StepState::kUnknown:
      return "unknown";
    case StepState::kCompensating:
      return "compensating";
    case StepState::kCompensated:
      return "compensated";
    case StepState::kVoid:
      return "void";
  }
  return "?";
}

std::string_view Name(Status status) {
  switch (status) {
    case Status::kPending:
      return "PENDING";
    case Status::kCompleted:
      return "COMPLETED";
    case Status::kCancelled:
      return "CANCELLED";
  }
  return "?";
}

std::optional<Phase> ParsePhase(std::string_view name) {
  return ParseWith(kPhases, name);
}
std::optional<StepState> ParseStepState(std::string_view name) {
  return ParseWith(kStepStates, name);
}
std::optional<Status> ParseStatus(std::string_view name) {
  return ParseWith(kStatuses, name);
}

}  // namespace ordersaga::orchestrator
