// Moves committed events to the broker, in order per order, remembering how far each shard has come. Used by the loop
// only; the broker itself is behind the EventPublisher port.
//
// Each shard is a stream of positions. Events just committed are handed over in memory; whatever does not fit (broker
// away, take-over) is read again from the store by cursor, so memory is bounded by the window. At most one event of an
// order is unconfirmed at any time: its next one waits for the confirm, so a lost confirm can never reorder an order.
// relayed(shard) is the end of the contiguous confirmed prefix; what lies beyond it may be published again.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "orchestrator/engine/stats.h"
#include "orchestrator/ports/event_publisher.h"
#include "orchestrator/ports/saga_store.h"

namespace ordersaga::orchestrator {

class Relay {
 public:
  // Runs a closure on the loop, from any thread.
  using Post = std::function<void(std::function<void()>)>;

  Relay(SagaStore& store, EventPublisher& publisher, std::size_t window_per_shard, Stats& stats, Post post);

  void AddShard(int shard, std::int64_t next_position, std::int64_t relayed_position);
  void DropShard(int shard);

  // Ascending positions; `next_position` is the shard's end of stream after them.
  void OnCommitted(const std::vector<OutboxEvent>& events);

  // Reads what is missing and publishes what may be. Returns when it wants to be called again, at the latest.
  absl::Duration Pump(absl::Duration monotonic_now);

  std::int64_t relayed(int shard) const;
  bool idle() const;  // everything committed has been confirmed

 private:
  enum class State { kWaiting, kPublishing, kConfirmed };
  struct Item {
    OutboxEvent event;
    State state = State::kWaiting;
  };
  struct Stream {
    std::uint64_t incarnation = 0;  // tells late answers of a dropped stream from this one's
    std::int64_t end = 1;           // position the next committed event will have
    std::int64_t relayed = 0;
    bool reading = false;
    std::deque<Item> window;  // positions relayed+1 .. relayed+size, without holes
    absl::flat_hash_map<Uuid, std::deque<std::int64_t>> per_order;  // unconfirmed positions, ascending
    std::deque<std::int64_t> ready;                                 // heads of per_order that may be published now
    std::int64_t buffered_end() const { return relayed + static_cast<std::int64_t>(window.size()); }
  };

  void Append(Stream& stream, OutboxEvent event);
  void Read(int shard, Stream& stream);
  void PublishReady(int shard, Stream& stream);
  void OnPublished(int shard, std::uint64_t incarnation, std::int64_t position, PublishResult result);
  void Confirm(Stream& stream, std::int64_t position);
  void UpdateBacklog();

  SagaStore& store_;
  EventPublisher& publisher_;
  const std::size_t window_;
  Stats& stats_;
  const Post post_;
  std::map<int, Stream> streams_;
  std::uint64_t incarnations_ = 0;
  bool lost_ = false;                                        // since the last Pump
  absl::Duration paused_until_ = -absl::InfiniteDuration();  // monotonic
};

}  // namespace ordersaga::orchestrator
