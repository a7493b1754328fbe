#include "orchestrator/engine/relay.h"

#include <algorithm>
#include <utility>

#include "platform/base/error.h"
#include "platform/base/fault_point.h"
#include "platform/base/planted.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

// How long to leave the broker alone after a publish was lost, and the store after a read failed.
constexpr absl::Duration kPause = absl::Milliseconds(250);

}  // namespace

Relay::Relay(SagaStore& store, EventPublisher& publisher, RelayOptions options, Stats& stats, Post post, Post leave)
    : store_(store),
      publisher_(publisher),
      options_(options),
      stats_(stats),
      post_(std::move(post)),
      leave_(std::move(leave)) {}

void Relay::AddShard(int shard, std::int64_t next_position, std::int64_t relayed_position,
                     const std::vector<HeldOrder>& held) {
  FaultPoint("relay.shard_taken");
  shards_.insert_or_assign(shard,
                           Shard{RelayStream(++incarnations_, next_position, relayed_position, held), false, {}});
}

void Relay::DropShard(int shard) {
  shards_.erase(shard);
}

Relay::Shard* Relay::Find(int shard, std::uint64_t incarnation) {
  const auto found = shards_.find(shard);
  return found == shards_.end() || found->second.stream.incarnation() != incarnation ? nullptr : &found->second;
}

void Relay::OnCommitted(const std::vector<OutboxEvent>& events) {
  for (const OutboxEvent& event : events) {
    const auto found = shards_.find(event.shard);
    if (found == shards_.end()) continue;
    RelayStream& stream = found->second.stream;
    stream.ExtendTo(event.position + 1);
    const bool next = event.position == stream.buffered_end() + 1;
    if (next && !found->second.reading && stream.size() < options_.window) stream.Append(event);
  }
}

absl::Duration Relay::Pump(absl::Duration monotonic_now) {
  now_ = monotonic_now;
  UpdateLevels();
  WarnOfRefusals();
  if (std::exchange(lost_, false)) paused_until_ = now_ + kPause;
  if (now_ < paused_until_) return paused_until_ - now_;
  absl::Duration wake = refusals_unsaid_ > 0 ? silent_until_ - now_ : absl::InfiniteDuration();
  for (auto& [number, shard] : shards_) {
    PublishReady(number, shard);
    if (shard.stream.size() <= options_.window / 2) Read(number, shard);
    if (MayRetry(shard) && now_ >= shard.retry.due) ReadHeld(number, shard);
    wake = std::min(wake, shard.stream.next_delayed() - now_);
    if (MayRetry(shard)) wake = std::min(wake, shard.retry.due - now_);
  }
  return std::max(wake, absl::ZeroDuration());
}

void Relay::Read(int number, Shard& shard) {
  const RelayStream& stream = shard.stream;
  if (shard.reading || stream.buffered_end() + 1 >= stream.end()) return;
  shard.reading = true;
  const int room = static_cast<int>(options_.window - stream.size());
  auto done = [this, number, incarnation = stream.incarnation()](absl::StatusOr<std::vector<OutboxEvent>> events) {
    post_([this, number, incarnation, events = std::move(events)] {
      if (Shard* shard = Find(number, incarnation)) OnRead(*shard, events);
    });
  };
  store_.ReadEvents(number, stream.buffered_end(), room, std::move(done));
}

void Relay::OnRead(Shard& shard, const absl::StatusOr<std::vector<OutboxEvent>>& events) {
  shard.reading = false;
  if (!events.ok()) {
    lost_ = true;
    return;
  }
  for (const OutboxEvent& event : *events) {
    if (event.position == shard.stream.buffered_end() + 1) {
      shard.stream.Append(event);
      continue;
    }
    // Better to stand still and be heard than to leave a hole that nobody notices.
    LogError("stored events have a hole; this shard's events wait",
             {{"shard", std::to_string(event.shard)}, {"position", std::to_string(shard.stream.buffered_end() + 1)}});
    lost_ = true;
    return;
  }
  if (events->empty()) lost_ = true;  // there should be more: look again later, not at once
}

void Relay::PublishReady(int number, Shard& shard) {
  while (const auto position = shard.stream.NextReady(now_)) {
    FaultPoint("relay.read_not_published");
    Publish(shard.stream.event(*position),
            [this, number, position = *position, incarnation = shard.stream.incarnation()](Answer answer) {
              if (Shard* found = Find(number, incarnation)) OnPublished(*found, position, answer);
            });
  }
}

void Relay::Publish(const OutboxEvent& event, std::function<void(Answer)> done) {
  publisher_.Publish(event, [this, done = std::move(done)](PublishResult result) mutable {
    leave_([done = std::move(done), answer = Answer{result, publisher_.connections()}] { done(answer); });
  });
}

void Relay::OnPublished(Shard& shard, std::int64_t position, Answer answer) {
  if (Gone(shard.stream.event(position), answer) ||
      (Planted(PlantedBug::kLossIsConfirm) && answer.result == PublishResult::kLost)) {
    FaultPoint("relay.confirmed_not_marked");
    return shard.stream.Confirm(position);
  }
  switch (answer.result) {
    case PublishResult::kLost:
      return shard.stream.Again(position, now_);
    case PublishResult::kRefused:
      return OnRefused(shard, position, answer.connection);
    case PublishResult::kUnpublishable:
      return HoldOrWait(shard, position, "UNPUBLISHABLE");
    case PublishResult::kUnroutable:
      return HoldOrWait(shard, position, "UNROUTABLE");
    case PublishResult::kConfirmed:
      return;
  }
}

// Counts an answer. True if the event needs no more care.
bool Relay::Gone(const OutboxEvent& event, Answer answer) {
  switch (answer.result) {
    case PublishResult::kUnroutable:
      if (options_.hold_unroutable) return false;
      ++stats_.events_unroutable;
      [[fallthrough]];
    case PublishResult::kConfirmed:
      ++stats_.events_published;
      taken_on_ = answer.connection;
      if (!refused_keys_.empty()) refused_keys_.erase(event.routing_key);
      return true;
    case PublishResult::kLost:
      ++stats_.events_lost;
      lost_ = true;
      return false;
    case PublishResult::kRefused:
      ++stats_.events_refused;
      ++refusals_unsaid_;
      return false;
    case PublishResult::kUnpublishable:
      return false;
  }
  return false;
}

void Relay::HoldOrWait(Shard& shard, std::int64_t position, const char* reason) {
  if (!MayHold(shard)) return shard.stream.Again(position, now_ + options_.retry);
  const OutboxEvent& event = shard.stream.event(position);
  LogWarn("event held back, with the order's later ones",
          {{"order_id", event.order_id.ToString()}, {"event", event.routing_key}, {"why", reason}});
  Hold(shard, position, reason);
}

std::int64_t Relay::relayed(int shard) const {
  const auto found = shards_.find(shard);
  return found == shards_.end() ? 0 : found->second.stream.relayed();
}

bool Relay::idle() const {
  return std::all_of(shards_.begin(), shards_.end(), [](const auto& entry) { return entry.second.stream.idle(); });
}

void Relay::AddTo(ShardTurn& turn) const {
  const auto found = shards_.find(turn.shard);
  if (found == shards_.end()) return;
  turn.relayed_position = found->second.stream.relayed();
  if (Planted(PlantedBug::kPositionBeforeConfirm)) turn.relayed_position = found->second.stream.buffered_end();
  turn.hold = found->second.stream.hold();
  turn.release = found->second.stream.release();
}

bool Relay::wants_turn(int shard) const {
  const auto found = shards_.find(shard);
  return found != shards_.end() && found->second.stream.wants_turn();
}

void Relay::OnStored(const ShardTurn& turn) {
  const auto found = shards_.find(turn.shard);
  if (found == shards_.end()) return;
  FaultPoint("relay.marked");
  found->second.stream.OnStored(turn.hold.size(), turn.release.size());
}

void Relay::UpdateLevels() {
  std::int64_t backlog = 0;
  std::int64_t held = 0;
  absl::Time oldest = absl::InfiniteFuture();
  for (const auto& [number, shard] : shards_) {
    const RelayStream& stream = shard.stream;
    backlog += stream.end() - 1 - stream.relayed();
    held += stream.held_events();
    oldest = std::min(oldest, stream.oldest().value_or(absl::InfiniteFuture()));
  }
  stats_.outbox_unpublished = backlog;
  stats_.events_held = held;
  stats_.outbox_oldest_us = oldest == absl::InfiniteFuture() ? 0 : absl::ToUnixMicros(oldest);
}

}  // namespace ordersaga::orchestrator
