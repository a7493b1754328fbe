// `sagactl audit`: the invariants, checked on a live system through the services' own APIs.
#pragma once

#include "orchestrator/audit/judge.h"
#include "orchestrator/cli/options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace ordersaga::cli {

struct AuditResult {
  std::int64_t orders = 0;
  std::int64_t effects = 0;
  std::int64_t open = 0;            // of the orders, those that have not ended: judged by bounds
  std::int64_t without_events = 0;  // of the orders, those whose events may have been dropped by age
  bool stock_checked = false;
  std::int64_t foreign_count = 0;
  std::vector<audit::Foreign> foreign;  // the first of them
  std::vector<audit::Violation> violations;
  double seconds = 0;
};

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
