// Pump is called once a step, and does for each shard in this order: publish what may be published, read on once the
// window is half empty, try the held events again when that is due. To a broker an event costs little, and being woken
// for it much: under load what may be published goes out in bursts, a little apart (docs/adr/0013). The broker's
// answers are enqueued, not posted: a confirm may wait for the next turn, which stores the position. After a
// publication that was lost, or a read that failed, all of it pauses.
//
// What is asked of the store or the broker names the stream's incarnation: an answer for a stream that was dropped, or
// dropped and added again, finds nobody.
#include "orchestrator/engine/relay.h"

#include <algorithm>
#include <utility>

#include "platform/base/error.h"
#include "platform/base/fault_point.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {

Relay::Relay(SagaStore& store, EventPublisher& publisher, RelayOptions options, Stats& stats, Loop& loop)
    : store_(store),
      publisher_(publisher),
      options_(options),
      stats_(stats),
      loop_(loop),
      held_(store, loop, *this, options.window, options.retry),
      refusals_(options.patience),
      bursts_(options.bursts_apart) {}

void Relay::AddShard(const ShardContents& contents) {
  FaultPoint("relay.shard_taken");
  RelayStream stream(++incarnations_, contents.next_position, contents.relayed_position, contents.held);
  shards_.insert_or_assign(contents.shard, Shard{std::move(stream), false});
  held_.AddShard(contents.shard);
}

void Relay::DropShard(int shard) {
  shards_.erase(shard);
  held_.DropShard(shard);
}

RelayStream* Relay::Find(int shard, std::uint64_t incarnation) {
  const auto found = shards_.find(shard);
  return found == shards_.end() || found->second.stream.incarnation() != incarnation ? nullptr : &found->second.stream;
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

absl::Duration Relay::Pump() {
  now_ = loop_.now();
  UpdateLevels();
  refusals_.Warn(now_);
  if (std::exchange(lost_, false)) paused_until_ = now_ + kPause;
  if (now_ < paused_until_) return paused_until_ - now_;
  absl::Duration wake = refusals_.next_warning() - now_;
  const absl::Duration apart = bursts_.Wait(now_);
  std::size_t burst = 0;
  for (auto& [number, shard] : shards_) {
    if (apart == absl::ZeroDuration()) burst += PublishReady(number, shard.stream);
    if (shard.stream.size() <= options_.window / 2) Read(number, shard);
    wake = std::min({wake, std::max(shard.stream.next_ready() - now_, apart), held_.Pump(number, shard.stream)});
  }
  if (burst > 0) bursts_.Began(burst, now_);
  return std::max(wake, absl::ZeroDuration());
}

void Relay::Read(int number, Shard& shard) {
  const RelayStream& stream = shard.stream;
  if (shard.reading || stream.buffered_end() + 1 >= stream.end()) return;
  shard.reading = true;
  const int room = static_cast<int>(options_.window - stream.size());
  store_.ReadEvents(number, stream.buffered_end(), room,
                    loop_.Then<&Relay::OnRead>(this, number, stream.incarnation()));
}

void Relay::OnRead(int number, std::uint64_t incarnation, const absl::StatusOr<std::vector<OutboxEvent>>& events) {
  if (Find(number, incarnation) == nullptr) return;
  Shard& shard = shards_.at(number);
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

std::size_t Relay::PublishReady(int number, RelayStream& stream) {
  std::size_t published = 0;
  while (const auto position = stream.NextReady(now_)) {
    FaultPoint("relay.read_not_published");
    Publish(stream.event(*position),
            [this, number, position = *position, incarnation = stream.incarnation()](BrokerAnswer answer) {
              RelayStream* found = Find(number, incarnation);
              if (found != nullptr) OnPublished(number, *found, position, answer);
            });
    ++published;
  }
  return published;
}

void Relay::Publish(const OutboxEvent& event, std::function<void(BrokerAnswer)> done) {
  publisher_.Publish(event, [this, done = std::move(done)](PublishResult result) mutable {
    loop_.Enqueue([done = std::move(done), answer = BrokerAnswer{result, publisher_.connections()}] { done(answer); });
  });
}

void Relay::OnPublished(int number, RelayStream& stream, std::int64_t position, BrokerAnswer answer) {
  if (Gone(stream.event(position), answer)) {
    FaultPoint("relay.confirmed_not_marked");
    return stream.Confirm(position);
  }
  switch (answer.result) {
    case PublishResult::kLost:
      return stream.Retry(position, now_);
    case PublishResult::kRefused:
      return OnRefused(number, stream, position, answer.connection);
    case PublishResult::kUnpublishable:
      return OnUnpublishable(number, stream, position, "UNPUBLISHABLE");
    case PublishResult::kUnroutable:
      return OnUnpublishable(number, stream, position, "UNROUTABLE");
    case PublishResult::kConfirmed:
      return;
  }
}

bool Relay::Gone(const OutboxEvent& event, BrokerAnswer answer) {
  switch (answer.result) {
    case PublishResult::kUnroutable:
      if (options_.hold_unroutable) return false;
      ++stats_.events_unroutable;
      [[fallthrough]];
    case PublishResult::kConfirmed:
      ++stats_.events_published;
      refusals_.Taken(event.routing_key, answer.connection);
      return true;
    case PublishResult::kLost:
      ++stats_.events_lost;
      lost_ = true;
      return false;
    case PublishResult::kRefused:
      ++stats_.events_refused;
      refusals_.Refused();
      return false;
    case PublishResult::kUnpublishable:
      return false;
  }
  return false;
}

// An event that is refused stays in its stream, its order behind it, and is tried again, ever more slowly, unless it is
// to blame. Meanwhile the publisher tries other connections.
void Relay::OnRefused(int number, RelayStream& stream, std::int64_t position, std::int64_t connection) {
  const std::string& key = stream.event(position).routing_key;
  BrokerRefusals::OfEvent& refused = stream.refusals(position);
  if (refusals_.Blame(refused, key, connection, now_) && MayHold(stream)) {
    refusals_.Held(key);
    return Hold(number, stream, position, "REFUSED_BY_BROKER");
  }
  stream.Retry(position, now_ + std::min(kPause * refused.count, options_.retry));
}

void Relay::OnUnpublishable(int number, RelayStream& stream, std::int64_t position, const char* reason) {
  if (!MayHold(stream)) return stream.Retry(position, now_ + options_.retry);
  const OutboxEvent& event = stream.event(position);
  LogWarn("event held back, with the order's later ones",
          {{"order_id", event.order_id.ToString()}, {"event", event.routing_key}, {"why", reason}});
  Hold(number, stream, position, reason);
}

void Relay::Hold(int number, RelayStream& stream, std::int64_t position, const char* reason) {
  if (stream.held_events() == 0) held_.FirstHeld(number);
  stream.Hold(position, reason);
}

bool Relay::Holds(const Uuid& order) const {
  const auto found = shards_.find(order.shard());
  return found != shards_.end() && found->second.stream.holds(order);
}

absl::Status Relay::Release(const Uuid& order, std::int64_t skip_sequence) {
  if (!Holds(order)) {
    return MakeError(absl::StatusCode::kNotFound, "NOTHING_HELD", "no event of this order is held back");
  }
  held_.Try(order, skip_sequence);
  return absl::OkStatus();
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
