// Chains the rows of the operator log: each carries an HMAC over itself and the row before. Who has the database but
// not the key can alter, remove or insert no row without its being seen; a plain hash chain would only be computed
// anew. That the last rows are missing is seen by comparing the head with one that was noted elsewhere, such as in the
// process log.
#pragma once

#include <string>

#include "orchestrator/operator_log/log_row.h"

namespace ordersaga::orchestrator {

// Immutable.
class LogChain {
 public:
  // Any bytes. Without a key whoever can write to the database can write another chain.
  explicit LogChain(std::string key) : key_(std::move(key)) {}

  // Makes `row` the one behind `head`, which it then becomes. Sets number, digest and MAC.
  void Append(LogHead& head, LogRow& row) const;

  // Hex. What the row's MAC must be, behind a row with the MAC `before` ("" for the first).
  std::string MacOf(const LogRow& row, const std::string& before) const;
  // Hex. What the digest of the row's reason must be.
  std::string DigestOf(const LogRow& row) const;

 private:
  const std::string key_;
};

}  // namespace ordersaga::orchestrator
