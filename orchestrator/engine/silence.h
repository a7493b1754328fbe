// For how long the terms of others (leases) have not been renewed, by the local monotonic clock. The database's clock
// says when a term ends; after a jump it may say so too early, or an hour too late. What never changes is that a term
// which is renewed changes, and one that is not does not. Loop thread only.
#pragma once

#include <map>

#include "absl/time/time.h"

namespace ordersaga::orchestrator {

template <typename Key>
class Silence {
 public:
  // The term of `key` was this when it was read; `now` is monotonic.
  void See(const Key& key, absl::Time until, absl::Duration now) {
    const auto [seen, fresh] = seen_.try_emplace(key, Seen{until, now, false});
    if (!fresh && seen->second.until != until) seen->second = {until, now, true};
  }
  // Since the term was first seen as it is now.
  absl::Duration Of(const Key& key, absl::Duration now) const {
    const auto seen = seen_.find(key);
    return seen == seen_.end() ? absl::ZeroDuration() : now - seen->second.since;
  }
  // It has changed while it was watched.
  bool WasRenewed(const Key& key) const {
    const auto seen = seen_.find(key);
    return seen != seen_.end() && seen->second.renewed;
  }

 private:
  struct Seen {
    absl::Time until;
    absl::Duration since;
    bool renewed = false;
  };
  std::map<Key, Seen> seen_;
};

}  // namespace ordersaga::orchestrator
