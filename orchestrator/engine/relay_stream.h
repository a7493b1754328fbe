// One shard's events on their way out: which may be published now, which wait, which are settled. Bookkeeping only: the
// relay does the asking. Loop thread only.
//
// The window holds the positions after relayed(), without holes. An event in it waits, is being published, is confirmed
// or is held. At most one event of an order is unconfirmed at any time; its next one waits. An event that is held takes
// the order's later ones with it: they are copied to the store's held events in the turn that moves the position past
// them (hold()), and stay there until each has been published or given up (release()). An order counts as held until
// the last of its copies is gone from the store, so nothing of it can slip past them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "orchestrator/engine/broker_refusals.h"
#include "orchestrator/ports/saga_store.h"

namespace ordersaga::orchestrator {

class RelayStream {
 public:
  // `incarnation` tells late answers for a dropped stream from this one's.
  RelayStream(std::uint64_t incarnation, std::int64_t next_position, std::int64_t relayed_position,
              const std::vector<HeldOrder>& held);

  std::uint64_t incarnation() const { return incarnation_; }
  // Position the next committed event will have.
  std::int64_t end() const { return end_; }
  void ExtendTo(std::int64_t end) { end_ = std::max(end_, end); }
  // Everything up to here is settled: confirmed, or to be held with the next turn.
  std::int64_t relayed() const { return relayed_; }
  std::int64_t buffered_end() const { return relayed_ + static_cast<std::int64_t>(window_.size()); }
  // Events in memory, and those about to be held.
  std::size_t size() const { return window_.size() + hold_.size(); }
  bool idle() const { return relayed_ + 1 == end_ && hold_.empty() && release_.empty(); }
  // When the oldest event that is not settled happened, as far as that is known.
  std::optional<absl::Time> oldest() const;

  // The event at buffered_end() + 1.
  void Append(OutboxEvent event);

  // The next event that may be published at `now` (monotonic); it counts as being published from then on.
  std::optional<std::int64_t> NextReady(absl::Duration now);
  // When NextReady will have something to say, nothing else happening.
  absl::Duration next_ready() const;
  const OutboxEvent& event(std::int64_t position) const { return At(position).event; }

  // What became of an event that was being published.
  void Confirm(std::int64_t position);
  void Retry(std::int64_t position, absl::Duration not_before);
  void Hold(std::int64_t position, const std::string& reason);
  BrokerRefusals::OfEvent& refusals(std::int64_t position) { return At(position).refusals; }

  bool holds(const Uuid& order) const { return held_.contains(order); }
  std::size_t held_orders() const { return held_.size(); }
  std::int64_t held_events() const { return held_events_; }
  // A held event has been published or given up.
  void Release(std::int64_t position, const Uuid& order) { release_.push_back({position, order}); }

  // For the next turn: copies to be made and copies to be removed, with relayed().
  const std::vector<HoldWrite>& hold() const { return hold_; }
  std::vector<std::int64_t> release() const;
  bool releasing() const { return !release_.empty(); }
  bool wants_turn() const { return !hold_.empty() || !release_.empty(); }
  // A turn with the first `holds` and `releases` of those has been committed.
  void OnStored(std::size_t holds, std::size_t releases);

 private:
  enum class State { kWaiting, kPublishing, kConfirmed, kHeld };
  struct Item {
    OutboxEvent event;
    State state = State::kWaiting;
    BrokerRefusals::OfEvent refusals;
    std::string reason;  // kHeld
  };

  Item& At(std::int64_t position) { return window_[static_cast<std::size_t>(position - relayed_ - 1)]; }
  const Item& At(std::int64_t position) const { return window_[static_cast<std::size_t>(position - relayed_ - 1)]; }
  void MarkHeld(Item& item, std::string reason);
  void Advance();

  std::uint64_t incarnation_;
  std::int64_t end_;
  std::int64_t relayed_;
  std::deque<Item> window_;
  absl::flat_hash_map<Uuid, std::deque<std::int64_t>> per_order_;  // unconfirmed and not held, ascending
  std::deque<std::int64_t> ready_;                                 // heads of per_order_ that may be published now
  std::multimap<absl::Duration, std::int64_t> delayed_;            // heads that may be published then (monotonic)
  absl::flat_hash_map<Uuid, std::int64_t> held_;                   // how many copies each held order has or will have
  std::int64_t held_events_ = 0;
  std::vector<HoldWrite> hold_;
  std::vector<std::pair<std::int64_t, Uuid>> release_;
};

}  // namespace ordersaga::orchestrator
