// Accepted orders whose first step has not started, as the engine keeps track of them: only how many there are per
// shard. They live in the store; when there is room the oldest are read from it, so that no backlog takes memory here.
// Loop thread only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

namespace ordersaga::orchestrator {

class WaitingOrders {
 public:
  void SetShard(int shard, std::int64_t count) { shards_[shard] = {count, false, 0, 0}; }
  void DropShard(int shard) { shards_.erase(shard); }

  // One was committed as waiting; one was committed as waiting no longer.
  void Add(int shard) { Change(shard, 1); }
  void Remove(int shard) { Change(shard, -1); }

  std::int64_t total() const {
    std::int64_t total = 0;
    for (const auto& [shard, state] : shards_) total += state.count;
    return total;
  }

  // The next shard, in turns, whose oldest should be read: some wait, and those read before have all been decided on.
  std::optional<int> NextToRead() {
    auto candidate = shards_.upper_bound(latest_);
    for (std::size_t i = 0; i < shards_.size(); ++i, ++candidate) {
      if (candidate == shards_.end()) candidate = shards_.begin();
      const State& state = candidate->second;
      if (state.count <= 0 || state.reading || state.undecided > 0) continue;
      latest_ = candidate->first;
      return latest_;
    }
    return std::nullopt;
  }

  void ReadBegins(int shard) {
    shards_[shard].reading = true;
    shards_[shard].added = 0;
  }
  // `found` were there, of which `taken` will be decided on; `all`: there are no others.
  void ReadEnds(int shard, std::int64_t found, std::int64_t taken, bool all) {
    const auto state = shards_.find(shard);
    if (state == shards_.end()) return;
    state->second.reading = false;
    state->second.undecided = taken;
    // What was added meanwhile is counted, though the read may have found it: the next read corrects a count that is
    // too high; an order that is not counted would never start.
    if (all) state->second.count = found + state->second.added;
  }
  void Decided(int shard) {
    const auto state = shards_.find(shard);
    if (state != shards_.end() && state->second.undecided > 0) --state->second.undecided;
  }

 private:
  struct State {
    std::int64_t count = 0;
    bool reading = false;
    std::int64_t undecided = 0;  // read, and their decision not yet made
    std::int64_t added = 0;      // since the read under way began
  };
  void Change(int shard, std::int64_t by) {
    const auto state = shards_.find(shard);
    if (state == shards_.end()) return;
    state->second.count = std::max<std::int64_t>(0, state->second.count + by);
    if (by > 0) ++state->second.added;
  }

  std::map<int, State> shards_;
  int latest_ = -1;
};

}  // namespace ordersaga::orchestrator
