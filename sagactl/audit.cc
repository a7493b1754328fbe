// An audit is one pass over everything (audit_pass.h), whose findings are suspicions; then each suspect is read again
// by itself; then open sagas that should have moved are given time to do so; then stock is counted again where it did
// not add up. What is found in one statement of one database needs none of that and is only added.
#include "sagactl/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "platform/base/clock.h"
#include "platform/base/error.h"
#include "sagactl/audit_pass.h"
#include "sagactl/failure.h"

namespace ordersaga::cli {
namespace {

constexpr int kStockCounts = 3;

absl::Status OrderNotFound() {
  return MakeError(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND", "there is no such order");
}

// A saga that was due and has moved by the end of its patience, in whatever direction, is in somebody's hands.
absl::Status WaitForStanding(AuditSource& source, const std::vector<audit::Standing>& standing,
                             const Terminal& terminal, AuditResult& result) {
  if (standing.empty()) return absl::OkStatus();
  absl::Duration patience;
  for (const audit::Standing& saga : standing) patience = std::max(patience, saga.patience);
  terminal.err << "waiting " << absl::FormatDuration(patience) << " to see whether " << standing.size()
               << " open sagas that are overdue move\n";
  absl::Notification never;
  never.WaitForNotificationWithTimeout(patience);
  for (const audit::Standing& before : standing) {
    audit::Verdict verdict;
    audit::OrderFacts facts;
    const absl::StatusOr<bool> found = AuditPass::JudgeAgain(source, before.violation.order_id, verdict, facts);
    if (!found.ok()) return found.status();
    for (const audit::Standing& now : verdict.standing) {
      if (!before.version.has_value() || now.version == before.version) result.violations.push_back(now.violation);
    }
  }
  return absl::OkStatus();
}

// One order at the first read; of a suspect, its second.
absl::Status AuditOne(AuditSource& source, const std::string& text, const Terminal& terminal, AuditResult& result) {
  const std::optional<Uuid> parsed = Uuid::Parse(text);
  if (!parsed.has_value()) return OrderNotFound();
  const std::string id = parsed->ToString();
  audit::Verdict verdict;
  audit::OrderFacts facts;
  const absl::StatusOr<bool> found = AuditPass::JudgeAgain(source, id, verdict, facts);
  if (!found.ok()) return found.status();
  result.violations = std::move(verdict.violations);
  if (absl::Status s = source.CheckLedger({id, id}, result.violations); !s.ok()) return s;
  if (!*found && result.violations.empty()) return OrderNotFound();
  result.effects = static_cast<std::int64_t>(facts.charges.size() + facts.reservations.size());
  result.notices = static_cast<std::int64_t>(facts.notices.size());
  if (facts.saga.has_value()) Count(*facts.saga, result);
  result.foreign = std::move(verdict.foreign);
  result.foreign_count = static_cast<std::int64_t>(result.foreign.size());
  return WaitForStanding(source, verdict.standing, terminal, result);
}

// Only what is found again is reported.
absl::Status ReadSuspectsAgain(AuditSource& source, const Terminal& terminal, AuditResult& result) {
  std::set<std::string> suspects;
  for (const audit::Violation& violation : result.violations) suspects.insert(violation.order_id);
  audit::Verdict verdict;
  for (const std::string& id : suspects) {
    audit::OrderFacts facts;
    const absl::StatusOr<bool> found = AuditPass::JudgeAgain(source, id, verdict, facts);
    if (!found.ok()) return found.status();
  }
  result.violations = std::move(verdict.violations);
  return WaitForStanding(source, verdict.standing, terminal, result);
}

absl::Status CountAgain(AuditSource& source, audit::StockCount& count) {
  const auto reservations = source.Reservations({});
  while (const audit::Reservation* reservation = reservations->Next()) count.Add(*reservation);
  return reservations->status();
}

// `found`: what the first count said. A product that is still wrong in the last count is reported.
absl::Status CountSuspectsAgain(AuditSource& source, const Clock& clock, std::vector<audit::Violation> found,
                                AuditResult& result) {
  for (int i = 1; i < kStockCounts && !found.empty(); ++i) {
    audit::StockCount count(clock.Now());
    std::vector<audit::Product> before;
    std::vector<audit::Product> after;
    if (absl::Status s = source.Products(&before); !s.ok()) return s;
    if (absl::Status s = CountAgain(source, count); !s.ok()) return s;
    if (absl::Status s = source.Products(&after); !s.ok()) return s;
    std::vector<audit::Violation> again = count.Judge(before, after);
    std::erase_if(again, [&](const audit::Violation& violation) {
      return std::none_of(found.begin(), found.end(), [&](auto& f) { return f.order_id == violation.order_id; });
    });
    found = std::move(again);
  }
  for (audit::Violation& violation : found) result.violations.push_back(std::move(violation));
  return absl::OkStatus();
}

absl::Status AuditMany(AuditSource& source, const AuditCommand& command, const Clock& clock, const Terminal& terminal,
                       AuditResult& result) {
  const AuditScope scope = ScopeOf(command, clock.Now());
  audit::StockCount count(clock.Now());
  std::vector<audit::Product> before;
  std::vector<audit::Product> after;
  if (scope.everything) {
    if (absl::Status s = source.Products(&before); !s.ok()) return s;
  }
  AuditPass pass(source, scope, scope.everything ? &count : nullptr, result);
  if (absl::Status s = pass.Run(); !s.ok()) return s;
  if (scope.everything) {
    if (absl::Status s = source.Products(&after); !s.ok()) return s;
  }
  if (absl::Status s = ReadSuspectsAgain(source, terminal, result); !s.ok()) return s;
  std::move(pass.misfiled().begin(), pass.misfiled().end(), std::back_inserter(result.violations));
  if (absl::Status s = source.CheckLedger(scope.effects, result.violations); !s.ok()) return s;
  if (!scope.everything) return absl::OkStatus();
  result.stock_checked = true;
  return CountSuspectsAgain(source, clock, count.Judge(before, after), result);
}

void RefuseForeign(AuditResult& result) {
  for (const audit::Foreign& foreign : result.foreign) {
    result.violations.push_back(
        {foreign.order_id, audit::Rule::kEffects,
         fmt::format("no saga asked {} for {}: {}", foreign.service, foreign.key, foreign.what)});
  }
}

}  // namespace

void Count(const audit::SagaFacts& saga, AuditResult& result) {
  ++result.orders;
  if (saga.status == orchestrator::Status::kPending) ++result.open;
  if (!saga.progress.parked.empty()) ++result.parked;
  if (!saga.events_kept) ++result.without_events;
}

int RunAudit(const AuditCommand& command, const Options& options, const Terminal& terminal) {
  const SystemClock clock;
  AuditSource source(options, command);
  AuditResult result;
  result.foreign_allowed = command.foreign == "allow";
  const absl::Duration began = clock.Monotonic();
  const absl::Status status = command.order.empty() ? AuditMany(source, command, clock, terminal, result)
                                                    : AuditOne(source, command.order, terminal, result);
  if (!status.ok()) {
    if (!absl::IsUnavailable(status)) return Fail(status, options, terminal);
    return Fail(status,
                "Is it running? Name other addresses with --address, --payment, --inventory and --notification.",
                terminal);
  }
  if (!result.foreign_allowed) RefuseForeign(result);
  result.seconds = absl::ToDoubleSeconds(clock.Monotonic() - began);
  terminal.out << (options.json ? AuditAsJson(result) : AuditAsTable(result, options.colored));
  return result.violations.empty() ? kOk : kFailure;
}

}  // namespace ordersaga::cli
