#include "orchestrator/engine/relay.h"

#include <algorithm>
#include <utility>

namespace ordersaga::orchestrator {
namespace {

// How long to leave the broker alone after a publish was lost, and the store after a read failed.
constexpr absl::Duration kPause = absl::Milliseconds(250);

}  // namespace

Relay::Relay(SagaStore& store, EventPublisher& publisher, std::size_t window_per_shard, Stats& stats, Post post)
    : store_(store), publisher_(publisher), window_(window_per_shard), stats_(stats), post_(std::move(post)) {}

void Relay::AddShard(int shard, std::int64_t next_position, std::int64_t relayed_position) {
  Stream stream;
  stream.incarnation = ++incarnations_;
  stream.end = next_position;
  stream.relayed = relayed_position;
  streams_.insert_or_assign(shard, std::move(stream));
}

void Relay::DropShard(int shard) {
  streams_.erase(shard);
}

void Relay::OnCommitted(const std::vector<OutboxEvent>& events) {
  for (const OutboxEvent& event : events) {
    const auto found = streams_.find(event.shard);
    if (found == streams_.end()) continue;
    Stream& stream = found->second;
    stream.end = std::max(stream.end, event.position + 1);
    const bool next = event.position == stream.buffered_end() + 1;
    if (next && !stream.reading && stream.window.size() < window_) Append(stream, event);
  }
  UpdateBacklog();
}

void Relay::Append(Stream& stream, OutboxEvent event) {
  std::deque<std::int64_t>& positions = stream.per_order[event.order_id];
  positions.push_back(event.position);
  if (positions.size() == 1) stream.ready.push_back(event.position);
  stream.window.push_back({std::move(event), State::kWaiting});
}

absl::Duration Relay::Pump(absl::Duration monotonic_now) {
  if (std::exchange(lost_, false)) paused_until_ = monotonic_now + kPause;
  if (monotonic_now < paused_until_) return paused_until_ - monotonic_now;
  for (auto& [shard, stream] : streams_) {
    PublishReady(shard, stream);
    if (stream.window.size() <= window_ / 2) Read(shard, stream);
  }
  return absl::InfiniteDuration();
}

void Relay::Read(int shard, Stream& stream) {
  if (stream.reading || stream.buffered_end() + 1 >= stream.end) return;
  stream.reading = true;
  const int room = static_cast<int>(window_ - stream.window.size());
  auto done = [this, shard, incarnation = stream.incarnation](absl::StatusOr<std::vector<OutboxEvent>> events) {
    post_([this, shard, incarnation, events = std::move(events)] {
      const auto found = streams_.find(shard);
      if (found == streams_.end() || found->second.incarnation != incarnation) return;
      found->second.reading = false;
      if (!events.ok()) {
        lost_ = true;
        return;
      }
      for (const OutboxEvent& event : *events) Append(found->second, event);
    });
  };
  store_.ReadEvents(shard, stream.buffered_end(), room, std::move(done));
}

void Relay::PublishReady(int shard, Stream& stream) {
  while (!stream.ready.empty()) {
    const std::int64_t position = stream.ready.front();
    stream.ready.pop_front();
    Item& item = stream.window[static_cast<std::size_t>(position - stream.relayed - 1)];
    item.state = State::kPublishing;
    publisher_.Publish(item.event, [this, shard, position, incarnation = stream.incarnation](PublishResult result) {
      post_([=, this] { OnPublished(shard, incarnation, position, result); });
    });
  }
}

void Relay::OnPublished(int shard, std::uint64_t incarnation, std::int64_t position, PublishResult result) {
  const auto found = streams_.find(shard);
  if (found == streams_.end() || found->second.incarnation != incarnation) return;
  Stream& stream = found->second;
  if (result == PublishResult::kLost) {
    ++stats_.events_lost;
    lost_ = true;
    stream.window[static_cast<std::size_t>(position - stream.relayed - 1)].state = State::kWaiting;
    stream.ready.push_back(position);
    return;
  }
  ++stats_.events_published;
  if (result == PublishResult::kUnroutable) ++stats_.events_unroutable;
  Confirm(stream, position);
  UpdateBacklog();
}

void Relay::Confirm(Stream& stream, std::int64_t position) {
  Item& item = stream.window[static_cast<std::size_t>(position - stream.relayed - 1)];
  item.state = State::kConfirmed;
  const auto order = stream.per_order.find(item.event.order_id);
  order->second.pop_front();
  if (order->second.empty()) {
    stream.per_order.erase(order);
  } else {
    stream.ready.push_back(order->second.front());
  }
  while (!stream.window.empty() && stream.window.front().state == State::kConfirmed) {
    stream.window.pop_front();
    ++stream.relayed;
  }
}

std::int64_t Relay::relayed(int shard) const {
  const auto found = streams_.find(shard);
  return found == streams_.end() ? 0 : found->second.relayed;
}

bool Relay::idle() const {
  return std::all_of(streams_.begin(), streams_.end(),
                     [](const auto& entry) { return entry.second.relayed + 1 == entry.second.end; });
}

void Relay::UpdateBacklog() {
  std::int64_t backlog = 0;
  for (const auto& [shard, stream] : streams_) backlog += stream.end - 1 - stream.relayed;
  stats_.outbox_unpublished = backlog;
}

}  // namespace ordersaga::orchestrator
