// Verifies the chains of the operator log, row by row. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "orchestrator/operator_log/log_chain.h"

namespace ordersaga::cli {

class LogCheck {
 public:
  explicit LogCheck(std::string key) : chain_(std::move(key)) {}

  // `known`: a head that was noted elsewhere, or that the database has. Before the first row.
  void Expect(int shard, const orchestrator::LogHead& known) { known_[shard].push_back(known); }
  // The next row, in the order of shard and number.
  void Add(const orchestrator::LogRow& row);
  // After the last row.
  void Finish();

  const std::vector<std::string>& findings() const { return findings_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t erased() const { return erased_; }  // reasons
  const std::map<int, orchestrator::LogHead>& ends() const { return ends_; }

 private:
  void CompareKnown(const orchestrator::LogRow& row);

  const orchestrator::LogChain chain_;
  std::map<int, std::vector<orchestrator::LogHead>> known_;
  std::map<int, orchestrator::LogHead> ends_;  // of what has been read, by shard
  std::vector<std::string> findings_;
  std::int64_t rows_ = 0;
  std::int64_t erased_ = 0;
};

}  // namespace ordersaga::cli
