// What an operator should know of a replica: what is wrong, and what to do about it. Pure, from what was found.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "orchestrator/ports/database_examiner.h"
#include "orchestrator/ports/shard_store.h"

namespace ordersaga::orchestrator {

struct Findings {
  struct Finding {
    bool bad = false;  // orders wait, or are in danger; else somebody should look
    std::string what;
    std::string remedy;
  };
  std::vector<Finding> found;  // the bad ones first
  int examined = 0;            // how many things were looked at
};

struct Examined {
  absl::Status schema;  // the database is as this program needs it
  absl::Status ready;   // it takes orders, or forwards them
  absl::StatusOr<DatabaseFacts> database = DatabaseFacts();
  std::vector<ShardOwner> owners;        // of every shard
  absl::Time now;                        // by the database's clock, when the owners were read
  absl::Duration clock_offset;           // how far that jumped when it was read last
  std::vector<ParticipantHold> holds;    // in force
  std::vector<std::string> unreachable;  // participants
  absl::Status broker;
  std::optional<absl::Time> oldest_unpublished;  // of the events that the broker does not have yet
  std::int64_t events_held = 0;
  std::int64_t parked = 0;
  bool log_key = true;                         // the operator log's chain has one
  std::optional<absl::Time> certificate_ends;  // with TLS
};

Findings Examine(const Examined& examined);

}  // namespace ordersaga::orchestrator
