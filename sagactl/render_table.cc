#include <fmt/format.h>

#include "sagactl/render.h"
#include "sagactl/table.h"
#include "sagactl/text.h"

namespace ordersaga::cli {
namespace {

using saga::v1::GetSagaResponse;
using saga::v1::SagaSummary;
using saga::v1::StepDetail;

Color ColorOfStatus(const std::string& status) {
  if (status == "COMPLETED") return Color::kGreen;
  return status == "CANCELLED" ? Color::kYellow : Color::kCyan;
}

Color ColorOfPhase(const std::string& phase) {
  if (phase == "parked") return Color::kRed;
  return phase == "compensating" ? Color::kYellow : Color::kNone;
}

Color ColorOfStep(const std::string& state) {
  return state == "compensating" ? Color::kYellow : Color::kNone;
}

// "2 x product-001 +1 more"
std::string ItemsOf(const SagaSummary& saga) {
  if (saga.lines().empty()) return "-";
  const auto& first = saga.lines(0);
  const int more = saga.lines_size() - 1;
  return fmt::format("{} x {}{}", first.quantity(), Printable(first.item_id()),
                     more > 0 ? fmt::format(" +{} more", more) : "");
}

// "3" or, once it had to be undone, "3, undo 2"
std::string AttemptsOf(const StepDetail& step) {
  if (step.compensation_attempts() == 0) return std::to_string(step.action_attempts());
  return fmt::format("{}, undo {}", step.action_attempts(), step.compensation_attempts());
}

std::string Line(std::string_view name, std::string_view value) {
  return fmt::format("{:<10}{}\n", name, value);
}

std::string SummaryOf(const SagaSummary& saga, bool colored) {
  std::string text = Line("Saga", Printable(saga.id()));
  text += Line("Order", Paint(Printable(saga.status()), ColorOfStatus(saga.status()), colored));
  text += Line("Phase", Paint(Printable(saga.phase()), ColorOfPhase(saga.phase()), colored) +
                            (saga.step().empty() ? "" : " at " + Printable(saga.step())));
  if (!saga.reason().empty()) text += Line("Reason", Printable(saga.reason()));
  for (const auto& line : saga.lines()) {
    text += Line("Item", fmt::format("{} x {}", line.quantity(), Printable(line.item_id())));
  }
  text += Line("Total", MoneyForPeople(saga.total()));
  text += Line("Customer", OrDash(Printable(saga.user_email())));
  text += Line("Created", TimeForPeople(saga.has_created_at(), saga.created_at()));
  text += Line("Updated", TimeForPeople(saga.has_updated_at(), saga.updated_at()));
  if (saga.has_due_at()) text += Line("Next look", TimeForPeople(true, saga.due_at()));
  return text;
}

std::string StepsOf(const GetSagaResponse& response, bool colored) {
  Table table({"STEP", "STATE", "ATTEMPTS", "STARTED", "ENDED", "EVIDENCE"});
  std::string errors;
  for (const StepDetail& step : response.steps()) {
    table.Add({Printable(step.name()), Cell(Printable(step.state()), ColorOfStep(step.state())), AttemptsOf(step),
               TimeForPeople(step.has_started_at(), step.started_at()),
               TimeForPeople(step.has_ended_at(), step.ended_at()), OrDash(Printable(step.evidence()))});
    if (!step.last_error().empty()) {
      errors += fmt::format("Last error of {}: {}\n", Printable(step.name()), Printable(step.last_error()));
    }
  }
  return table.Render(colored) + errors;
}

std::string JournalOf(const GetSagaResponse& response, bool colored) {
  Table table({"#", "TIME", "EVENT", "PHASE", "DETAIL"});
  for (const auto& entry : response.journal()) {
    table.Add({std::to_string(entry.sequence()), TimeForPeople(entry.has_at(), entry.at()), Printable(entry.event()),
               Cell(Printable(entry.phase()), ColorOfPhase(entry.phase())), Printable(entry.detail())});
  }
  return table.Render(colored);
}

}  // namespace

std::string ListAsTable(const std::vector<SagaSummary>& sagas, bool colored) {
  Table table({"ID", "ORDER", "PHASE", "STEP", "ITEMS", "TOTAL", "UPDATED", "REASON"});
  for (const SagaSummary& saga : sagas) {
    table.Add({Printable(saga.id()), Cell(Printable(saga.status()), ColorOfStatus(saga.status())),
               Cell(Printable(saga.phase()), ColorOfPhase(saga.phase())), OrDash(Printable(saga.step())), ItemsOf(saga),
               MoneyForPeople(saga.total()), TimeForPeople(saga.has_updated_at(), saga.updated_at()),
               OrDash(Printable(saga.reason()))});
  }
  return table.Render(colored);
}

std::string CountAsTable(const std::string& by, const saga::v1::CountSagasResponse& count, bool colored) {
  std::string header = by.empty() ? "SAGAS" : by;
  for (char& c : header) c = static_cast<char>(std::toupper(c));
  Table table({header, "COUNT", "OLDEST"});
  for (const auto& group : count.groups()) {
    table.Add({by.empty() ? "open" : OrDash(Printable(group.key())), std::to_string(group.count()),
               TimeForPeople(group.has_oldest(), group.oldest())});
  }
  return table.Render(colored);
}

std::string SagaAsTable(const GetSagaResponse& response, bool colored) {
  return SummaryOf(response.saga(), colored) + "\n" + StepsOf(response, colored) + "\n" + JournalOf(response, colored);
}

}  // namespace ordersaga::cli
