#include "orchestrator/cli/audit.h"

#include <algorithm>
#include <set>

#include "absl/status/statusor.h"
#include "orchestrator/cli/audit_pass.h"
#include "orchestrator/cli/failure.h"
#include "platform/base/clock.h"
#include "platform/base/error.h"

namespace ordersaga::cli {
namespace {

constexpr int kStockCounts = 3;

// One order at the first read; of a suspect, its second.
absl::Status AuditOne(AuditSource& source, const std::string& text, AuditResult& result) {
  const absl::Status unknown = MakeError(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND", "there is no such order");
  const std::optional<Uuid> id = Uuid::Parse(text);
  if (!id.has_value()) return unknown;
  audit::Verdict verdict;
  audit::OrderFacts facts;
  const absl::StatusOr<bool> found = AuditPass::JudgeAgain(source, id->ToString(), verdict, facts);
  if (!found.ok()) return found.status();
  if (!*found) return unknown;
  result.effects = static_cast<std::int64_t>(facts.charges.size() + facts.reservations.size());
  if (facts.saga.has_value()) {
    result.orders = 1;
    result.open = facts.saga->status == orchestrator::Status::kPending ? 1 : 0;
    result.without_events = facts.saga->events_kept ? 0 : 1;
  }
  result.violations = std::move(verdict.violations);
  result.foreign = std::move(verdict.foreign);
  result.foreign_count = static_cast<std::int64_t>(result.foreign.size());
  return absl::OkStatus();
}

// Only what is found again is reported.
absl::Status ReadSuspectsAgain(AuditSource& source, AuditResult& result) {
  std::set<std::string> suspects;
  for (const audit::Violation& violation : result.violations) suspects.insert(violation.order_id);
  audit::Verdict verdict;
  for (const std::string& id : suspects) {
    audit::OrderFacts facts;
    const absl::StatusOr<bool> found = AuditPass::JudgeAgain(source, id, verdict, facts);
    if (!found.ok()) return found.status();
  }
  result.violations = std::move(verdict.violations);
  return absl::OkStatus();
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

absl::Status AuditMany(AuditSource& source, const AuditCommand& command, const Clock& clock, AuditResult& result) {
  const AuditScope scope = ScopeOf(command, clock.Now());
  audit::StockCount count(clock.Now());
  std::vector<audit::Product> before;
  std::vector<audit::Product> after;
  if (scope.everything) {
    if (absl::Status s = source.Products(&before); !s.ok()) return s;
  }
  AuditPass pass(source, scope, scope.everything ? &count : nullptr, result);
  if (absl::Status s = pass.Run(); !s.ok()) return s;
  if (absl::Status s = ReadSuspectsAgain(source, result); !s.ok()) return s;
  if (!scope.everything) return absl::OkStatus();
  if (absl::Status s = source.Products(&after); !s.ok()) return s;
  result.stock_checked = true;
  return CountSuspectsAgain(source, clock, count.Judge(before, after), result);
}

}  // namespace

int RunAudit(const AuditCommand& command, const Options& options, const Terminal& terminal) {
  const SystemClock clock;
  AuditSource source(options.address, command.payment, command.inventory);
  AuditResult result;
  const absl::Duration began = clock.Monotonic();
  const absl::Status status =
      command.order.empty() ? AuditMany(source, command, clock, result) : AuditOne(source, command.order, result);
  if (!status.ok()) {
    if (!absl::IsUnavailable(status)) return Fail(status, options, terminal);
    return Fail(status, "Is it running? Name other addresses with --address, --payment and --inventory.", terminal);
  }
  result.seconds = absl::ToDoubleSeconds(clock.Monotonic() - began);
  terminal.out << (options.json ? AuditAsJson(result) : AuditAsTable(result, options.colored));
  return result.violations.empty() ? kOk : kFailure;
}

}  // namespace ordersaga::cli
