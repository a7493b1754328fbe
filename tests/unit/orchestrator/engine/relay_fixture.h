// The real relay with the in-memory store: hand-moved time, and a broker that answers when and as it is told.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/adapters/memory/memory_store.h"
#include "orchestrator/engine/relay.h"

namespace ordersaga::orchestrator {

class HandClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(1'700'000'000); }
  absl::Duration Monotonic() const override { return elapsed; }

  absl::Duration elapsed;
};

// Keeps publications until they are answered; what was taken is remembered in order, as a queue would have it.
class Broker final : public EventPublisher {
 public:
  using Verdict = std::function<PublishResult(const OutboxEvent&)>;

  void Publish(const OutboxEvent& event, std::function<void(PublishResult)> done) override {
    open.push_back({event, std::move(done)});
    most_open = std::max(most_open, open.size());
  }
  std::int64_t connections() const override { return connection; }
  void AnswerAll() {
    for (auto& [event, done] : std::exchange(open, {})) {
      const PublishResult result = verdict(event);
      if (result == PublishResult::kConfirmed) taken.push_back(event);
      ++asked;
      done(result);
    }
  }
  Verdict verdict = [](const OutboxEvent&) { return PublishResult::kConfirmed; };
  std::vector<std::pair<OutboxEvent, std::function<void(PublishResult)>>> open;
  std::vector<OutboxEvent> taken;
  std::size_t most_open = 0;
  int asked = 0;
  std::int64_t connection = 1;
};

class RelayTest : public ::testing::Test {
 protected:
  static constexpr int kShard = 0;

  RelayTest() {
    options.bursts_apart = absl::ZeroDuration();
    Restart();
  }

  static Uuid Order(int number) { return Uuid::Parse(fmt::format("018f0000-0000-7000-8000-{:012x}", number)).value(); }

  // Events of these orders are committed, in this order.
  void Commit(const std::vector<int>& orders, bool hand_over = true) {
    std::vector<OutboxEvent> events;
    for (const int number : orders) {
      OutboxEvent event;
      event.shard = kShard;
      event.position = database.shards[kShard].next_position++;
      event.order_id = Order(number);
      event.sequence = ++sequences[number];
      event.routing_key = routing_key;
      event.at = clock.Now();
      database.outbox.emplace(std::pair(kShard, event.position), event);
      events.push_back(std::move(event));
    }
    if (hand_over) relay->OnCommitted(events);
  }

  // What the engine does between two turns: answers, a turn for what is settled, a pump.
  absl::Duration Step(bool store_turn = true) {
    broker.AnswerAll();
    loop.Run(loop.mailbox().DrainNow());
    if (store_turn) StoreTurn();
    return relay->Pump();
  }
  void StoreTurn() {
    Turn turn;
    ShardTurn& sent = turn.shards.emplace_back();
    sent.shard = kShard;
    sent.next_position = database.shards[kShard].next_position;
    relay->AddTo(sent);
    ASSERT_TRUE(std::holds_alternative<Committed>(store.Apply(turn)));
    relay->OnStored(sent);
  }
  void Settle() {
    for (int i = 0; i < 300; ++i) Step();
  }
  void Later(absl::Duration wait) {
    clock.elapsed += wait;
    Settle();
  }

  // A new owner, knowing only what is stored.
  void Restart() {
    (void)loop.mailbox().DrainNow();
    broker.open.clear();
    relay = std::make_unique<Relay>(store, broker, options, stats, loop);
    relay->AddShard(store.Contents(kShard));
  }

  // An order's sequences at a subscriber that drops those it has seen.
  std::vector<std::int64_t> Seen(int number) const {
    std::vector<std::int64_t> seen;
    for (const OutboxEvent& event : broker.taken) {
      if (event.order_id != Order(number)) continue;
      if (std::find(seen.begin(), seen.end(), event.sequence) == seen.end()) seen.push_back(event.sequence);
    }
    return seen;
  }
  std::int64_t relayed() const { return database.shards[kShard].relayed_position; }

  // Refuses what belongs to the order, in this way.
  void Against(int number, PublishResult result) {
    broker.verdict = [number, result](const OutboxEvent& event) {
      return event.order_id == Order(number) ? result : PublishResult::kConfirmed;
    };
  }
  void Welcome() {
    broker.verdict = [](const OutboxEvent&) { return PublishResult::kConfirmed; };
  }

  HandClock clock;
  MemoryDatabase database{1};
  MemoryStore store{database, clock};
  Broker broker;
  Stats stats;
  RelayOptions options;
  Loop loop{clock, absl::Seconds(5)};
  std::map<int, std::int64_t> sequences;
  std::string routing_key = "order.created";  // of what is committed
  std::unique_ptr<Relay> relay;
};

}  // namespace ordersaga::orchestrator
