// Events come in at the end of the window (Append) and leave at its front (Advance), when confirmed or held: relayed_
// is the position before the front. In between, per_order_ has each order's positions, and only the head of such a list
// is ready: publishing it, and confirming it, makes the next one ready.
#include "orchestrator/engine/relay_stream.h"

#include <algorithm>

namespace ordersaga::orchestrator {

RelayStream::RelayStream(std::uint64_t incarnation, std::int64_t next_position, std::int64_t relayed_position,
                         const std::vector<HeldOrder>& held)
    : incarnation_(incarnation), end_(next_position), relayed_(relayed_position) {
  for (const HeldOrder& order : held) {
    held_[order.id] += order.events;
    held_events_ += order.events;
  }
}

std::optional<absl::Time> RelayStream::oldest() const {
  if (window_.empty()) return std::nullopt;
  return window_.front().event.at;
}

void RelayStream::Append(OutboxEvent event) {
  const Uuid order = event.order_id;
  const std::int64_t position = event.position;
  Item& item = window_.emplace_back();
  item.event = std::move(event);
  if (held_.contains(order)) {
    MarkHeld(item, "BEHIND_HELD");
    return Advance();
  }
  std::deque<std::int64_t>& positions = per_order_[order];
  positions.push_back(position);
  if (positions.size() == 1) ready_.push_back(position);
}

std::optional<std::int64_t> RelayStream::NextReady(absl::Duration now) {
  std::int64_t position = 0;
  if (!delayed_.empty() && delayed_.begin()->first <= now) {
    position = delayed_.begin()->second;
    delayed_.erase(delayed_.begin());
  } else if (!ready_.empty()) {
    position = ready_.front();
    ready_.pop_front();
  } else {
    return std::nullopt;
  }
  At(position).state = State::kPublishing;
  return position;
}

absl::Duration RelayStream::next_ready() const {
  if (!ready_.empty()) return -absl::InfiniteDuration();
  return delayed_.empty() ? absl::InfiniteDuration() : delayed_.begin()->first;
}

void RelayStream::Confirm(std::int64_t position) {
  Item& item = At(position);
  item.state = State::kConfirmed;
  const auto order = per_order_.find(item.event.order_id);
  order->second.pop_front();
  if (order->second.empty()) {
    per_order_.erase(order);
  } else {
    ready_.push_back(order->second.front());
  }
  Advance();
}

void RelayStream::Retry(std::int64_t position, absl::Duration not_before) {
  At(position).state = State::kWaiting;
  delayed_.emplace(not_before, position);
}

void RelayStream::Hold(std::int64_t position, const std::string& reason) {
  const auto order = per_order_.find(At(position).event.order_id);
  for (const std::int64_t mine : order->second) MarkHeld(At(mine), mine == position ? reason : "BEHIND_HELD");
  per_order_.erase(order);
  Advance();
}

void RelayStream::MarkHeld(Item& item, std::string reason) {
  item.state = State::kHeld;
  item.reason = std::move(reason);
  ++held_[item.event.order_id];
  ++held_events_;
}

void RelayStream::Advance() {
  while (!window_.empty() && (window_.front().state == State::kConfirmed || window_.front().state == State::kHeld)) {
    Item& item = window_.front();
    ++relayed_;
    if (item.state == State::kHeld) hold_.push_back({item.event.position, std::move(item.reason)});
    window_.pop_front();
  }
}

std::vector<std::int64_t> RelayStream::release() const {
  std::vector<std::int64_t> positions;
  positions.reserve(release_.size());
  for (const auto& [position, order] : release_) positions.push_back(position);
  return positions;
}

void RelayStream::OnStored(std::size_t holds, std::size_t releases) {
  hold_.erase(hold_.begin(), hold_.begin() + static_cast<std::ptrdiff_t>(holds));
  for (std::size_t i = 0; i < releases; ++i) {
    const auto order = held_.find(release_[i].second);
    --held_events_;
    if (order != held_.end() && --order->second == 0) held_.erase(order);
  }
  release_.erase(release_.begin(), release_.begin() + static_cast<std::ptrdiff_t>(releases));
}

}  // namespace ordersaga::orchestrator
