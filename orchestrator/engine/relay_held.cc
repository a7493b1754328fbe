// Held events: walked over page by page, an order's first one first, until each has been published or given up.
#include <utility>

#include "orchestrator/engine/relay.h"
#include "platform/base/error.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

constexpr absl::Duration kPause = absl::Milliseconds(250);

}  // namespace

void Relay::Hold(Shard& shard, std::int64_t position, const char* reason) {
  if (shard.stream.held_events() == 0) shard.retry.due = now_ + options_.retry;
  shard.stream.Hold(position, reason);
}

// Not while removals of an earlier walk are still to be stored: they would be met again.
bool Relay::MayRetry(const Shard& shard) const {
  return shard.stream.held_events() > 0 && !shard.retry.running && !shard.stream.releasing();
}

absl::Status Relay::Release(const Uuid& order, std::int64_t skip_sequence) {
  const auto found = shards_.find(order.shard());
  if (found == shards_.end() || !found->second.stream.holds(order)) {
    return MakeError(absl::StatusCode::kNotFound, "NOTHING_HELD", "no event of this order is held back");
  }
  Retry& retry = found->second.retry;
  retry.due = now_;
  retry.asked = retry.running;  // the walk may have been at this order already
  if (skip_sequence > 0) retry.skip.insert_or_assign(order, skip_sequence);
  return absl::OkStatus();
}

void Relay::ReadHeld(int number, Shard& shard) {
  Retry& retry = shard.retry;
  if (!retry.running) {
    retry.running = true;
    retry.lost = false;
    retry.cursor = 0;
    retry.blocked.clear();
  }
  auto done = [this, number,
               incarnation = shard.stream.incarnation()](absl::StatusOr<std::vector<OutboxEvent>> events) {
    post_([this, number, incarnation, events = std::move(events)] {
      if (Shard* found = Find(number, incarnation)) OnHeldRead(number, *found, events);
    });
  };
  store_.ReadHeld(number, retry.cursor, static_cast<int>(options_.window), std::move(done));
}

void Relay::OnHeldRead(int number, Shard& shard, const absl::StatusOr<std::vector<OutboxEvent>>& events) {
  Retry& retry = shard.retry;
  retry.lost = !events.ok();
  if (events.ok()) {
    retry.last_page = events->size() < options_.window;
    for (const OutboxEvent& event : *events) {
      retry.cursor = event.position;
      if (!retry.blocked.contains(event.order_id)) retry.page[event.order_id].push_back(event);
    }
  }
  std::vector<Uuid> orders;
  for (const auto& [order, waiting] : retry.page) orders.push_back(order);
  for (const Uuid& order : orders) PublishHeld(number, shard, order);
  if (retry.unanswered == 0) EndPage(number, shard);
}

void Relay::PublishHeld(int number, Shard& shard, const Uuid& order) {
  Retry& retry = shard.retry;
  std::deque<OutboxEvent>& waiting = retry.page[order];
  const auto skip = retry.skip.find(order);
  const bool skipping = skip != retry.skip.end() && !waiting.empty() && skip->second == waiting.front().sequence;
  if (skip != retry.skip.end()) retry.skip.erase(skip);
  if (skipping) {
    LogWarn("held event given up", {{"order_id", order.ToString()}, {"event", waiting.front().routing_key}});
    shard.stream.Release(waiting.front().position, order);
    waiting.pop_front();
  }
  if (waiting.empty()) {
    retry.page.erase(order);
    return;
  }
  ++retry.unanswered;
  Publish(waiting.front(), [this, number, order, incarnation = shard.stream.incarnation()](Answer answer) {
    if (Shard* found = Find(number, incarnation)) OnHeldPublished(number, *found, order, answer);
  });
}

void Relay::OnHeldPublished(int number, Shard& shard, const Uuid& order, Answer answer) {
  Retry& retry = shard.retry;
  --retry.unanswered;
  std::deque<OutboxEvent>& waiting = retry.page[order];
  if (Gone(waiting.front(), answer)) {
    shard.stream.Release(waiting.front().position, order);
    waiting.pop_front();
    PublishHeld(number, shard, order);
  } else {
    if (answer.result == PublishResult::kLost) retry.lost = true;
    retry.blocked.insert(order);
    retry.page.erase(order);
  }
  if (retry.unanswered == 0) EndPage(number, shard);
}

void Relay::EndPage(int number, Shard& shard) {
  Retry& retry = shard.retry;
  retry.page.clear();
  if (!retry.lost && !retry.last_page) return ReadHeld(number, shard);
  retry.running = false;
  const absl::Duration pause = std::exchange(retry.asked, false) ? absl::ZeroDuration() : options_.retry;
  retry.due = now_ + (retry.lost ? kPause : pause);
}

}  // namespace ordersaga::orchestrator
