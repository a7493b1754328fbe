// Who owns which shard, and until when. The database is the authority and its clock the only one that counts.
//
// A lease is a term: the right to a shard from the moment its token was raised until lease_until. Trust in it ends,
// locally, one lease after the *start* of the request that renewed it. Leases only keep owners from doing each other's
// work; what keeps a late owner from writing is the token (see SagaStore).
//
// Threads: as SagaStore.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "platform/base/done.h"

namespace ordersaga::orchestrator {

struct ShardLease {
  int shard = 0;
  std::int64_t token = 0;

  bool operator==(const ShardLease&) const = default;
};

struct ShardTerm {
  int shard = 0;
  absl::Time lease_until;
};

struct LeaseRequest {
  std::string owner;    // this process, unique per start
  std::string address;  // where its gRPC service listens, for forwarding
  absl::Duration lease;
  std::vector<ShardLease> renew;  // owned now
  std::vector<int> release;       // give back at once; must not be in renew
  int take = 0;                   // how many free or run-out shards to take at most
  // Terms that may be taken although they have not run out by the database's clock: their owners have been silent for a
  // lease. One that has been renewed since is left alone.
  std::vector<ShardTerm> silent;
  bool leaving = false;  // this process takes no further part (drain)
};

struct ShardOwner {
  int shard = 0;
  std::string owner;
  std::string address;
  absl::Time lease_until;
};

struct ReplicaTerm {
  std::string owner;
  absl::Time seen_until;  // one lease after it last asked
};

// Nobody may ask the participant anything, for as long as there is no `until`.
struct ParticipantHold {
  std::string participant;
  absl::Time since;
  std::optional<absl::Time> until;
  std::string by;
  std::string reason;
};

struct LeaseReply {
  absl::Time now;                           // by the database's clock
  std::vector<ShardLease> renewed;          // those of `renew` that are still ours
  std::vector<ShardLease> taken;            // their token has just been raised
  std::vector<ReplicaTerm> replicas;        // every process that has asked and not left, this one included, by owner
  std::vector<ShardOwner> owners;           // of every shard, ascending, as it is now
  std::vector<ParticipantHold> holds = {};  // in force, or over since a day at most
};

class ShardStore {
 public:
  virtual ~ShardStore() = default;

  // Renews, releases, takes and makes this process known, in one transaction. Errors: UNAVAILABLE, try again; nothing
  // may have changed or all.
  virtual void Lease(LeaseRequest request, Done<LeaseReply> done) = 0;
};

}  // namespace ordersaga::orchestrator
