// The operator log: what operators did, a row each, numbered 1.. in each shard without gaps.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace ordersaga::orchestrator {

// The reason, which is free text, stands beside the chain: only its digest is a link of it. So it can be erased, and
// the rest still be verified.
struct LogRow {
  int shard = 0;
  std::int64_t number = 0;
  absl::Time at;
  std::string by;            // as the credential said
  std::string from;          // the address he asked from; empty if it is not known
  std::string verb;          // "retry"
  std::string subject;       // what it was done to: an order's id
  std::int64_t version = 0;  // the saga's after it; 0: no saga
  std::string before;        // where the subject stood
  std::string after;
  std::string reason;  // empty: erased
  std::string reason_digest;
  std::string mac;  // over all of the above but the reason, and over the row before
};

// The last row of a shard.
struct LogHead {
  std::int64_t number = 0;
  std::string mac;

  bool operator==(const LogHead&) const = default;
};

}  // namespace ordersaga::orchestrator
