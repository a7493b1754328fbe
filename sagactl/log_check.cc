// A row is judged by the MAC that is stored before it, so that one row that was altered is one finding and not that and
// all behind it.
#include "sagactl/log_check.h"

#include <fmt/format.h>

namespace ordersaga::cli {

using orchestrator::LogHead;
using orchestrator::LogRow;

void LogCheck::Add(const LogRow& row) {
  ++rows_;
  LogHead& end = ends_[row.shard];
  const auto found = [&](std::string what) {
    findings_.push_back(fmt::format("shard {}, row {}: {}", row.shard, row.number, what));
  };
  if (row.number != end.number + 1) {
    found(fmt::format("{} rows before it are missing", row.number - end.number - 1));
  } else if (row.mac != chain_.MacOf(row, end.mac)) {
    found("it or the row before it was altered, or it was written with another key");
  }
  if (row.reason.empty()) {
    ++erased_;
  } else if (row.reason_digest != chain_.DigestOf(row)) {
    found("its reason is not the one that was given, or it was written with another key");
  }
  end = {row.number, row.mac};
  CompareKnown(row);
}

void LogCheck::CompareKnown(const LogRow& row) {
  const auto known = known_.find(row.shard);
  if (known == known_.end()) return;
  std::erase_if(known->second, [&](const LogHead& head) {
    if (head.number != row.number) return false;
    if (head.mac != row.mac) {
      findings_.push_back(
          fmt::format("shard {}, row {}: it is not the one that was the head once", row.shard, row.number));
    }
    return true;
  });
}

void LogCheck::Finish() {
  for (const auto& [shard, known] : known_) {
    for (const LogHead& head : known) {
      findings_.push_back(fmt::format("shard {}: row {} was there once and is missing", shard, head.number));
    }
  }
}

}  // namespace ordersaga::cli
