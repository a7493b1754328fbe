// The connections that a shard's owner writes by.
#pragma once

#include <algorithm>

#include "platform/pg/session.h"

namespace ordersaga::orchestrator {

// Its lease is what an owner has to know by: a server that freezes must be given up before the lease ends, and an idle
// transaction thrown out before half of it has passed, so that a frozen owner cannot hold its successor up. A lease of
// less than a second is for tests, on machines that may be busy for as long.
inline pg::SessionOptions OwnerSession(pg::SessionOptions options, absl::Duration lease) {
  options.idle_in_transaction_timeout = lease * 0.45;
  options.answer_timeout = std::max(lease * 0.9, absl::Seconds(1));
  // The server speaks first where it can.
  options.statement_timeout = std::min(options.statement_timeout, options.answer_timeout * 0.8);
  return options;
}

}  // namespace ordersaga::orchestrator
