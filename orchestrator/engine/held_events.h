// Tries events that are held back again, an order's first one first, every `retry` or at once when asked to. Asks the
// store and, through the relay, the broker. Loop thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "orchestrator/engine/loop.h"
#include "orchestrator/engine/relay_stream.h"
#include "orchestrator/ports/event_publisher.h"
#include "orchestrator/ports/saga_store.h"

namespace ordersaga::orchestrator {

// The broker's word for an event, and the number of the connection that gave it.
struct BrokerAnswer {
  PublishResult result;
  std::int64_t connection;
};

class HeldEvents {
 public:
  // The relay, which has the streams and speaks to the broker.
  class Host {
   public:
    virtual ~Host() = default;
    // The shard's stream, if it is still the one that asked.
    virtual RelayStream* Find(int shard, std::uint64_t incarnation) = 0;
    virtual void Publish(const OutboxEvent& event, std::function<void(BrokerAnswer)> done) = 0;
    // Counts an answer. True if the event needs no more care.
    virtual bool Gone(const OutboxEvent& event, BrokerAnswer answer) = 0;
  };

  HeldEvents(SagaStore& store, Loop& loop, Host& host, std::size_t page_size, absl::Duration retry)
      : store_(store), loop_(loop), host_(host), page_size_(page_size), retry_(retry) {}

  void AddShard(int shard) { walks_.insert_or_assign(shard, Walk{}); }
  void DropShard(int shard) { walks_.erase(shard); }

  // The first event of this shard is being held.
  void FirstHeld(int shard) { walks_.at(shard).due = loop_.now() + retry_; }
  // Begins a walk over the shard's held events if one is due. Returns when it wants to be called again.
  absl::Duration Pump(int shard, const RelayStream& stream);
  // Walks at once. `skip_sequence`: gives that event of the order up if it is the first of them then; 0: none.
  void Try(const Uuid& order, std::int64_t skip_sequence);

 private:
  // One walk over a shard's held events, page by page.
  struct Walk {
    absl::Duration due = -absl::InfiniteDuration();  // monotonic; of the next one
    bool running = false;
    bool lost = false;  // the broker went away meanwhile
    bool last_page = false;
    std::int64_t cursor = 0;
    int unanswered = 0;
    std::map<Uuid, std::deque<OutboxEvent>> page;  // what of it is still to be published; ordered, as it is walked
    absl::flat_hash_set<Uuid> blocked;             // orders whose first held event did not get through
    bool asked = false;                            // for another walk, right after this one
    absl::flat_hash_map<Uuid, std::int64_t> skip;  // sequences that an operator gives up
  };
  // Where an answer belongs, and whether anybody still waits for it.
  struct Place {
    int shard;
    std::uint64_t incarnation;
  };

  void Read(Place place);
  void OnRead(Place place, const absl::StatusOr<std::vector<OutboxEvent>>& events);
  void PublishFirst(Place place, RelayStream& stream, const Uuid& order);
  void OnPublished(Place place, RelayStream& stream, const Uuid& order, BrokerAnswer answer);
  void EndPage(Place place);

  SagaStore& store_;
  Loop& loop_;
  Host& host_;
  const std::size_t page_size_;
  const absl::Duration retry_;
  std::map<int, Walk> walks_;
};

}  // namespace ordersaga::orchestrator
