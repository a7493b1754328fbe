#include "orchestrator/core/endings.h"

#include <array>

namespace ordersaga::orchestrator {
namespace {

// The endings that belong to no step.
struct Row {
  Ending::Kind kind;
  std::string_view name;
  NoticeKind notice;
};
constexpr std::array kRows = {
    Row{Ending::kCompleted, "completed", NoticeKind::kCompleted},
    Row{Ending::kCancelledByCustomer, "cancelled_by_customer", NoticeKind::kCancelled},
    Row{Ending::kCancelledByOperator, "cancelled_by_operator", NoticeKind::kCancelled},
    Row{Ending::kDeadlineExceeded, "deadline_exceeded", NoticeKind::kCancelled},
    Row{Ending::kClosedByOperator, "closed_by_operator", NoticeKind::kCancelled},
};

// Those of a step: its name with one of these behind it. What the customer is told stands in its definition.
constexpr std::string_view kRejectedSuffix = "_rejected";
constexpr std::string_view kUnknownSuffix = "_unknown";

const Row* Find(Ending::Kind kind) {
  for (const Row& row : kRows) {
    if (row.kind == kind) return &row;
  }
  return nullptr;
}

// `Steps`: of a saga or of its definition; both have names.
template <typename Steps>
std::string NameIn(const Ending& ending, const Steps& steps) {
  if (const Row* row = Find(ending.kind)) return std::string(row->name);
  std::string name(ending.step < steps.size() ? std::string_view(steps[ending.step].name) : "?");
  return name.append(ending.kind == Ending::kRejected ? kRejectedSuffix : kUnknownSuffix);
}

template <typename Steps>
std::optional<Ending> ParseIn(std::string_view name, const Steps& steps) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.kind;
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::string_view step = steps[i].name;
    if (!name.starts_with(step)) continue;
    if (name.substr(step.size()) == kRejectedSuffix) return Ending(Ending::kRejected, i);
    if (name.substr(step.size()) == kUnknownSuffix) return Ending(Ending::kUnknown, i);
  }
  return std::nullopt;
}

}  // namespace

std::string NameOf(const Ending& ending, const std::vector<StepRecord>& steps) {
  return NameIn(ending, steps);
}
std::string NameOf(const Ending& ending, const Definition& definition) {
  return NameIn(ending, definition.steps);
}
std::optional<Ending> ParseEnding(std::string_view name, const std::vector<StepRecord>& steps) {
  return ParseIn(name, steps);
}
std::optional<Ending> ParseEnding(std::string_view name, const Definition& definition) {
  return ParseIn(name, definition.steps);
}

NoticeKind NoticeFor(const Definition& definition, const Ending& ending, const Money& refunded) {
  if (const Row* row = Find(ending.kind)) return row->notice;
  return refunded.minor > 0 ? NoticeKind::kRefunded : definition.steps[ending.step].failure_notice;
}

}  // namespace ordersaga::orchestrator
