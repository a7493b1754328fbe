// `sagactl audit`: the invariants, checked on a live system through the services' own APIs.
#pragma once

#include "orchestrator/audit/judge.h"
#include "sagactl/options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace ordersaga::cli {

struct AuditResult {
  std::int64_t orders = 0;
  std::int64_t effects = 0;  // charges and reservations
  std::int64_t notices = 0;
  std::int64_t open = 0;            // of the orders, those that have not ended: judged by bounds
  std::int64_t parked = 0;          // of those, the ones that wait for a person
  std::int64_t without_events = 0;  // of the orders, those whose events may have been dropped by age
  bool stock_checked = false;
  bool foreign_allowed = false;  // they are listed; otherwise they are violations, too
  std::int64_t foreign_count = 0;
  std::vector<audit::Foreign> foreign;  // the first thousand of them
  std::vector<audit::Violation> violations;
  double seconds = 0;
};

// One more saga among the orders.
void Count(const audit::SagaFacts& saga, AuditResult& result);

std::string AuditAsTable(const AuditResult& result, bool colored);
std::string AuditAsJson(const AuditResult& result);

// The exit code.
int RunAudit(const AuditCommand& command, const Options& options, const Terminal& terminal);

// The command line. Lives for as long as `app` parses.
class AuditOptions {
 public:
  AuditOptions(CLI::App* app, std::string* output);

  bool parsed() const;
  // After parsing.
  void MoveTo(Options* options);

 private:
  AuditCommand command_;
  std::string since_;
  std::string until_;
  CLI::App* app_;
};

}  // namespace ordersaga::cli
