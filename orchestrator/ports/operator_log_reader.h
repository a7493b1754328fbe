// The operator log for people to look at. Never used by the engine, which writes it with its turns.
//
// Threads: as SagaStore. Errors: UNAVAILABLE, RESOURCE_EXHAUSTED (too many reads queued; RetryInfo),
// FAILED_PRECONDITION LOG_MISSING (a database one version older has none).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/operator_log/log_row.h"
#include "platform/base/done.h"

namespace ordersaga::orchestrator {

struct LogPlace {
  int shard = 0;
  std::int64_t number = 0;
};

struct LogFilter {
  std::optional<std::string> subject;
  std::optional<absl::Time> since;
  std::optional<absl::Time> until;
  int limit = 50;
  std::optional<LogPlace> before;  // page token: strictly older than this row
};

struct LogChainPage {
  std::vector<LogRow> rows;
  std::vector<std::pair<int, LogHead>> heads;  // by shard, of those that have rows
};

class OperatorLogReader {
 public:
  virtual ~OperatorLogReader() = default;
  // Newest first.
  virtual void List(LogFilter filter, Done<std::vector<LogRow>> done) = 0;
  // In the order of the chains, behind `after`. Rows and heads are of one snapshot.
  virtual void ReadChain(LogPlace after, int limit, Done<LogChainPage> done) = 0;
};

}  // namespace ordersaga::orchestrator
