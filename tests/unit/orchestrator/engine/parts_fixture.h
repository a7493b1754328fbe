// What a part of the engine needs around it, without the engine: a loop, the in-memory store, and shards that are
// owned.
#pragma once

#include "tests/unit/orchestrator/engine/engine_fixture.h"

namespace ordersaga::orchestrator {

class PartsTest : public ::testing::Test {
 protected:
  static constexpr int kShards = 2;
  static constexpr absl::Duration kLease = absl::Seconds(5);

  PartsTest() {
    leases.SetCount(kShards);
    for (int shard = 0; shard < kShards; ++shard) Own(shard);
  }

  // Owned and loaded, under the token that the database has.
  void Own(int shard) {
    auto& row = database.shards[static_cast<std::size_t>(shard)];
    LeaseReply reply;
    reply.taken = {{shard, ++row.token}};
    for (const auto& [other, owned] : leases.owned()) reply.renewed.push_back({other, owned.token});
    leases.Apply(reply, clock.elapsed, clock.elapsed);
    leases.Find(shard)->loaded = true;
    leases.Find(shard)->next_position = row.next_position;
  }

  void Run() {
    do {
      loop.Run(loop.mailbox().DrainNow());
    } while (loop.mailbox().size() > 0);
  }
  void Later(absl::Duration wait) {
    clock.elapsed += wait;
    Run();
  }

  // The first decision about an order in this shard.
  Decision Decided(int shard, bool start = true) {
    auto order = std::make_shared<Order>();
    order->id = Uuid::MakeV7(clock.Now(), shard, rng);
    order->lines = {{"product-001", 2, {5000, "USD"}}};
    order->user_email = "ann@example.com";
    order->total = {10000, "USD"};
    order->created_at = clock.Now();
    return DecideNew(definitions.newest(), {std::move(order), start}, clock.Now());
  }
  // The same, stored by somebody.
  Saga Stored(int shard, bool start = true) {
    Decision decision = Decided(shard, start);
    database.sagas.emplace(decision.next.id(), decision.next);
    return decision.next;
  }
  Decision After(const Saga& saga, const Event& event) {
    return Decide(definitions.newest(), saga, event, clock.Now(), 0.5).value();
  }
  Decision AfterApplied(const Saga& saga) {
    return After(saga, ActionReplied{saga.step, saga.steps[saga.step].action_attempts, Applied{"done"}});
  }

  HandClock clock;
  SequenceRng rng;
  MemoryDatabase database{kShards};
  TroubledStore store{database, clock};
  HeldParticipant participant;
  ScriptedBroker broker;
  const Definitions definitions = OrderSagas({});
  Stats stats;
  DatabaseHealth health{kLease};
  Loop loop{clock, kLease};
  Leases leases{"one", "one:1", kLease};
};

}  // namespace ordersaga::orchestrator
