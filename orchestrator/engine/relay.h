// Moves committed events to the broker, in order per order, remembering how far each shard has come. Loop thread only;
// the broker itself is behind the EventPublisher port.
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
#include <functional>
#include <map>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "orchestrator/engine/broker_refusals.h"
#include "orchestrator/engine/held_events.h"
#include "orchestrator/engine/loop.h"
#include "orchestrator/engine/relay_stream.h"
#include "orchestrator/engine/shard_user.h"
#include "orchestrator/engine/stats.h"
#include "orchestrator/ports/event_publisher.h"
#include "orchestrator/ports/saga_store.h"
#include "platform/base/turn_spacing.h"

namespace ordersaga::orchestrator {

struct RelayOptions {
  std::size_t window = 128;                    // events per shard in memory, and so unconfirmed at most
  bool hold_unroutable = false;                // an event nobody has subscribed to waits; else it is counted and gone
  absl::Duration patience = absl::Minutes(3);  // with a broker that refuses an event, until it is held
  absl::Duration retry = absl::Seconds(5);     // held events are tried again this often
  std::size_t max_held_orders = 10'000;        // per shard, in memory; beyond, the shard's stream waits
  // Under load: from the beginning of a burst of events to that of the next.
  absl::Duration bursts_apart = absl::Milliseconds(12);
};

class Relay final : public ShardUser, private HeldEvents::Host {
 public:
  // Everything passed by reference must outlive it.
  Relay(SagaStore& store, EventPublisher& publisher, RelayOptions options, Stats& stats, Loop& loop);

  void AddShard(const ShardContents& contents) override;
  void DropShard(int shard) override;

  // Ascending positions; the last one's successor is the shard's end of stream after them.
  void OnCommitted(const std::vector<OutboxEvent>& events);

  // Reads what is missing and publishes what may be. Returns when it wants to be called again, at the latest.
  absl::Duration Pump();

  std::int64_t relayed(int shard) const;
  bool idle() const;  // everything committed has been settled, and stored as such

  // Puts the relay's part into a turn: the position, and held events to be copied or removed.
  void AddTo(ShardTurn& turn) const;
  bool wants_turn(int shard) const;
  // That turn has been committed.
  void OnStored(const ShardTurn& turn);

  // Tries the order's held events again at once. `skip_sequence`: gives that one up if it is the first of them then;
  // its subscribers will see a hole. 0: none. Errors: NOT_FOUND NOTHING_HELD.
  bool Holds(const Uuid& order) const;
  absl::Status Release(const Uuid& order, std::int64_t skip_sequence);

 private:
  struct Shard {
    RelayStream stream;
    bool reading = false;
  };

  RelayStream* Find(int shard, std::uint64_t incarnation) override;
  void Publish(const OutboxEvent& event, std::function<void(BrokerAnswer)> done) override;
  bool Gone(const OutboxEvent& event, BrokerAnswer answer) override;

  void Read(int number, Shard& shard);
  void OnRead(int number, std::uint64_t incarnation, const absl::StatusOr<std::vector<OutboxEvent>>& events);
  std::size_t PublishReady(int number, RelayStream& stream);
  void OnPublished(int number, RelayStream& stream, std::int64_t position, BrokerAnswer answer);
  void OnRefused(int number, RelayStream& stream, std::int64_t position, std::int64_t connection);
  void OnUnpublishable(int number, RelayStream& stream, std::int64_t position, const char* reason);
  bool MayHold(const RelayStream& stream) const { return stream.held_orders() < options_.max_held_orders; }
  void Hold(int number, RelayStream& stream, std::int64_t position, const char* reason);
  void UpdateLevels();

  SagaStore& store_;
  EventPublisher& publisher_;
  const RelayOptions options_;
  Stats& stats_;
  Loop& loop_;
  std::map<int, Shard> shards_;
  std::uint64_t incarnations_ = 0;
  HeldEvents held_;
  BrokerRefusals refusals_;
  TurnSpacing bursts_;
  absl::Duration now_;                                       // monotonic, of the latest Pump
  bool lost_ = false;                                        // since then
  absl::Duration paused_until_ = -absl::InfiniteDuration();  // monotonic
};

}  // namespace ordersaga::orchestrator
