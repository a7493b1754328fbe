// A walk reads a shard's held events page by page and publishes an order's first one first. One that gets through is
// released, and the order's next one follows; one that does not blocks its order for the rest of the walk. Released
// copies are removed by the next turn, and only then may the next walk begin. A broker that goes away ends the walk.
#include "orchestrator/engine/held_events.h"

#include <utility>

#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {

absl::Duration HeldEvents::Pump(int shard, const RelayStream& stream) {
  Walk& walk = walks_.at(shard);
  // Not while removals of an earlier walk are still to be stored: they would be met again.
  const auto may_begin = [&] { return stream.held_events() > 0 && !walk.running && !stream.releasing(); };
  if (may_begin() && loop_.now() >= walk.due) {
    walk.running = true;
    walk.lost = false;
    walk.cursor = 0;
    walk.blocked.clear();
    Read({shard, stream.incarnation()});
  }
  return may_begin() ? walk.due - loop_.now() : absl::InfiniteDuration();
}

void HeldEvents::Try(const Uuid& order, std::int64_t skip_sequence) {
  Walk& walk = walks_.at(order.shard());
  walk.due = loop_.now();
  walk.asked = walk.running;  // the walk may have been at this order already
  if (skip_sequence > 0) walk.skip.insert_or_assign(order, skip_sequence);
}

void HeldEvents::Read(Place place) {
  store_.ReadHeld(place.shard, walks_.at(place.shard).cursor, static_cast<int>(page_size_),
                  loop_.Then<&HeldEvents::OnRead>(this, place));
}

void HeldEvents::OnRead(Place place, const absl::StatusOr<std::vector<OutboxEvent>>& events) {
  RelayStream* stream = host_.Find(place.shard, place.incarnation);
  if (stream == nullptr) return;
  Walk& walk = walks_.at(place.shard);
  walk.lost = !events.ok();
  if (events.ok()) {
    walk.last_page = events->size() < page_size_;
    for (const OutboxEvent& event : *events) {
      walk.cursor = event.position;
      if (!walk.blocked.contains(event.order_id)) walk.page[event.order_id].push_back(event);
    }
  }
  std::vector<Uuid> orders;
  for (const auto& [order, waiting] : walk.page) orders.push_back(order);
  for (const Uuid& order : orders) PublishFirst(place, *stream, order);
  if (walk.unanswered == 0) EndPage(place);
}

void HeldEvents::PublishFirst(Place place, RelayStream& stream, const Uuid& order) {
  Walk& walk = walks_.at(place.shard);
  std::deque<OutboxEvent>& waiting = walk.page[order];
  const auto skip = walk.skip.find(order);
  const bool skipping = skip != walk.skip.end() && !waiting.empty() && skip->second == waiting.front().sequence;
  if (skip != walk.skip.end()) walk.skip.erase(skip);
  if (skipping) {
    LogWarn("held event given up", {{"order_id", order.ToString()}, {"event", waiting.front().routing_key}});
    stream.Release(waiting.front().position, order);
    waiting.pop_front();
  }
  if (waiting.empty()) {
    walk.page.erase(order);
    return;
  }
  ++walk.unanswered;
  host_.Publish(waiting.front(), [this, place, order](BrokerAnswer answer) {
    RelayStream* found = host_.Find(place.shard, place.incarnation);
    if (found != nullptr) OnPublished(place, *found, order, answer);
  });
}

void HeldEvents::OnPublished(Place place, RelayStream& stream, const Uuid& order, BrokerAnswer answer) {
  Walk& walk = walks_.at(place.shard);
  --walk.unanswered;
  std::deque<OutboxEvent>& waiting = walk.page[order];
  if (host_.Gone(waiting.front(), answer)) {
    stream.Release(waiting.front().position, order);
    waiting.pop_front();
    PublishFirst(place, stream, order);
  } else {
    if (answer.result == PublishResult::kLost) walk.lost = true;
    walk.blocked.insert(order);
    walk.page.erase(order);
  }
  if (walk.unanswered == 0) EndPage(place);
}

void HeldEvents::EndPage(Place place) {
  Walk& walk = walks_.at(place.shard);
  walk.page.clear();
  if (!walk.lost && !walk.last_page) return Read(place);
  walk.running = false;
  const absl::Duration pause = std::exchange(walk.asked, false) ? absl::ZeroDuration() : retry_;
  walk.due = loop_.now() + (walk.lost ? kPause : pause);
}

}  // namespace ordersaga::orchestrator
