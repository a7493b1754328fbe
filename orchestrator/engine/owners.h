// Where each shard's owner can be reached, as of the latest lease renewal: for forwarding. Written by the loop, read by
// any thread. May be a moment old; an owner that no longer is one says so.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "orchestrator/ports/shard_store.h"

namespace ordersaga::orchestrator {

class Owners {
 public:
  // `read_at`: by the database's clock, as the ends of their leases are.
  void Set(std::vector<ShardOwner> owners, absl::Time read_at) {
    absl::MutexLock lock(&mu_);
    owners_ = std::move(owners);
    read_at_ = read_at;
  }

  // Empty if nobody is known to own it.
  std::string AddressOf(int shard) const {
    absl::MutexLock lock(&mu_);
    for (const ShardOwner& owner : owners_) {
      if (owner.shard == shard) return owner.address;
    }
    return "";
  }

  std::vector<ShardOwner> All() const {
    absl::MutexLock lock(&mu_);
    return owners_;
  }
  // When that was so; nullopt: they have not been read yet.
  std::optional<absl::Time> read_at() const {
    absl::MutexLock lock(&mu_);
    return read_at_;
  }

 private:
  mutable absl::Mutex mu_;
  std::vector<ShardOwner> owners_ ABSL_GUARDED_BY(mu_);
  std::optional<absl::Time> read_at_ ABSL_GUARDED_BY(mu_);
};

}  // namespace ordersaga::orchestrator
