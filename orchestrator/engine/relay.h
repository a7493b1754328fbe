// Moves committed events to the broker, in order per order, remembering how far each shard has come. Used by the loop
// only; the broker itself is behind the EventPublisher port.
//
// Each shard is a stream of positions. Events just committed are handed over in memory; whatever does not fit (broker
// away, take-over) is read again from the store by cursor, so memory is bounded by the window. At most one event of an
// order is unconfirmed at any time: its next one waits for the confirm, so a lost confirm can never reorder an order.
// relayed(shard) is the end of the contiguous settled prefix; what lies beyond it may be published again.
//
// An event that cannot be published (too large; refused for minutes while others go out; with `hold_unroutable`, one
// that nobody has subscribed to) is held, with its order's later ones: copied to the store's held events in the turn
// that moves the position past it. Held events are tried again every `retry`, an order's first one first; Release does
// so at once. So one bad event holds back its own order and nothing else.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "orchestrator/engine/relay_stream.h"
#include "orchestrator/engine/stats.h"
#include "orchestrator/ports/event_publisher.h"
#include "orchestrator/ports/saga_store.h"

namespace ordersaga::orchestrator {

struct RelayOptions {
  std::size_t window = 128;                    // events per shard in memory, and so unconfirmed at most
  bool hold_unroutable = false;                // an event nobody has subscribed to waits; else it is counted and gone
  absl::Duration patience = absl::Minutes(3);  // with a broker that refuses an event, until it is held
  absl::Duration retry = absl::Seconds(5);     // held events are tried again this often
  std::size_t max_held_orders = 10'000;        // per shard, in memory; beyond, the shard's stream waits
};

class Relay {
 public:
  // Runs a closure on the loop, from any thread.
  using Post = std::function<void(std::function<void()>)>;

  // `leave`: as post, but it may wait until the next turn may begin.
  Relay(SagaStore& store, EventPublisher& publisher, RelayOptions options, Stats& stats, Post post, Post leave);

  void AddShard(int shard, std::int64_t next_position, std::int64_t relayed_position,
                const std::vector<HeldOrder>& held);
  void DropShard(int shard);

  // Ascending positions; the last one's successor is the shard's end of stream after them.
  void OnCommitted(const std::vector<OutboxEvent>& events);

  // Reads what is missing and publishes what may be. Returns when it wants to be called again, at the latest.
  absl::Duration Pump(absl::Duration monotonic_now);

  std::int64_t relayed(int shard) const;
  bool idle() const;  // everything committed has been settled, and stored as such

  // Puts the relay's part into a turn: the position, and held events to be copied or removed.
  void AddTo(ShardTurn& turn) const;
  bool wants_turn(int shard) const;
  // That turn has been committed.
  void OnStored(const ShardTurn& turn);

  // Tries the order's held events again at once. `skip_sequence`: gives that one up if it is the first of them then;
  // its subscribers will see a hole. 0: none. Errors: NOT_FOUND NOTHING_HELD.
  absl::Status Release(const Uuid& order, std::int64_t skip_sequence);

 private:
  // One walk over a shard's held events, page by page.
  struct Retry {
    absl::Duration due = -absl::InfiniteDuration();  // monotonic; of the next walk
    bool running = false;
    bool lost = false;  // the broker went away meanwhile
    bool last_page = false;
    std::int64_t cursor = 0;
    int unanswered = 0;
    absl::flat_hash_map<Uuid, std::deque<OutboxEvent>> page;  // what of it is still to be published
    absl::flat_hash_set<Uuid> blocked;                        // orders whose first held event did not get through
    bool asked = false;                                       // for another walk, right after this one
    absl::flat_hash_map<Uuid, std::int64_t> skip;             // sequences that an operator gives up
  };
  struct Shard {
    RelayStream stream;
    bool reading = false;
    Retry retry;
  };
  // The shard if it is still the one that asked.
  Shard* Find(int shard, std::uint64_t incarnation);

  // The broker's word for an event, and the number of the connection that gave it.
  struct Answer {
    PublishResult result;
    std::int64_t connection;
  };

  // relay.cc: the stream
  void Read(int number, Shard& shard);
  void OnRead(Shard& shard, const absl::StatusOr<std::vector<OutboxEvent>>& events);
  void PublishReady(int number, Shard& shard);
  void Publish(const OutboxEvent& event, std::function<void(Answer)> done);
  void OnPublished(Shard& shard, std::int64_t position, Answer answer);
  void HoldOrWait(Shard& shard, std::int64_t position, const char* reason);
  bool Gone(const OutboxEvent& event, Answer answer);
  void UpdateLevels();

  // relay_refused.cc: a broker that refuses
  void OnRefused(Shard& shard, std::int64_t position, std::int64_t connection);
  void WarnOfRefusals();

  // relay_held.cc: held events
  bool MayHold(const Shard& shard) const { return shard.stream.held_orders() < options_.max_held_orders; }
  void Hold(Shard& shard, std::int64_t position, const char* reason);
  bool MayRetry(const Shard& shard) const;
  void ReadHeld(int number, Shard& shard);
  void OnHeldRead(int number, Shard& shard, const absl::StatusOr<std::vector<OutboxEvent>>& events);
  void PublishHeld(int number, Shard& shard, const Uuid& order);
  void OnHeldPublished(int number, Shard& shard, const Uuid& order, Answer answer);
  void EndPage(int number, Shard& shard);

  SagaStore& store_;
  EventPublisher& publisher_;
  const RelayOptions options_;
  Stats& stats_;
  const Post post_;
  const Post leave_;
  std::map<int, Shard> shards_;
  std::uint64_t incarnations_ = 0;
  absl::Duration now_;                                       // monotonic, of the latest Pump
  bool lost_ = false;                                        // since then
  absl::Duration paused_until_ = -absl::InfiniteDuration();  // monotonic

  std::int64_t taken_on_ = 0;                                // number of the latest connection that has taken an event
  absl::flat_hash_set<std::string> refused_keys_;            // routing keys an event of which is held for being refused
  std::int64_t refusals_unsaid_ = 0;                         // since the latest warning
  std::int64_t held_unsaid_ = 0;                             // orders held for being refused, since then
  absl::Duration silent_until_ = -absl::InfiniteDuration();  // monotonic; of warnings of refusals
};

}  // namespace ordersaga::orchestrator
