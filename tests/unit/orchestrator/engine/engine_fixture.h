// The real engine on one thread: hand-moved time, the in-memory store, participants and broker that answer when told.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "orchestrator/adapters/memory/memory_store.h"
#include "orchestrator/core/order_saga.h"
#include "orchestrator/engine/engine.h"
#include "platform/base/error.h"

namespace ordersaga::orchestrator {

class HandClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(1'700'000'000) + elapsed; }
  absl::Duration Monotonic() const override { return elapsed; }
  absl::Duration elapsed;
};

class SequenceRng final : public Rng {
 public:
  std::uint64_t Next() override { return state_ += 0x9e3779b97f4a7c15ULL; }

 private:
  std::uint64_t state_ = 1;
};

// Keeps every call until the test answers it.
class HeldParticipant final : public Participant {
 public:
  void Call(std::vector<ParticipantCall> calls) override {
    for (ParticipantCall& call : calls) {
      keys.push_back(call.request.key);
      held.push_back({std::move(call.request), std::move(call.done)});
    }
  }
  void AnswerNext(CallReply reply) {
    ASSERT_FALSE(held.empty());
    auto done = std::move(held.front().second);
    held.pop_front();
    done(std::move(reply));
  }
  std::deque<std::pair<CallRequest, std::function<void(CallReply)>>> held;
  std::vector<std::string> keys;  // of all calls ever made
};

class ScriptedBroker final : public EventPublisher {
 public:
  std::int64_t connections() const override { return 1; }
  void Publish(const OutboxEvent& event, std::function<void(PublishResult)> done) override {
    if (!up) return done(PublishResult::kLost);
    delivered.push_back(event);
    unconfirmed.push_back(std::move(done));
    if (confirm) ConfirmAll();
  }
  void ConfirmAll() {
    for (auto& done : std::exchange(unconfirmed, {})) done(PublishResult::kConfirmed);
  }
  bool up = true;
  bool confirm = true;
  std::vector<OutboxEvent> delivered;
  std::vector<std::function<void(PublishResult)>> unconfirmed;
};

// The in-memory store, able to answer a commit as a failing database would.
class TroubledStore final : public MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  void Commit(Turn turn, std::function<void(CommitResult)> done) override {
    ++commits;
    if (silent) return;
    if (!refuses.empty()) return done(Unavailable{refuses});
    if (trouble) return done(std::exchange(trouble, nullptr)(*this, turn));
    MemoryStore::Commit(std::move(turn), std::move(done));
  }
  void LoadShard(int shard, std::function<void(absl::StatusOr<ShardContents>)> done) override {
    if (!hold_loads) return MemoryStore::LoadShard(shard, std::move(done));
    loads.push_back(
        [this, shard, done = std::move(done)]() mutable { MemoryStore::LoadShard(shard, std::move(done)); });
  }
  void ReadSagas(std::vector<Uuid> ids, std::function<void(absl::StatusOr<SagasRead>)> done) override {
    if (reads_fail) return done(absl::UnavailableError("away"));
    MemoryStore::ReadSagas(std::move(ids), std::move(done));
  }
  void ReadShards(std::vector<int> shards, std::function<void(absl::StatusOr<std::vector<ShardRow>>)> done) override {
    if (reads_fail) return done(absl::UnavailableError("away"));
    MemoryStore::ReadShards(std::move(shards), std::move(done));
  }
  void LoadAll() {
    for (auto& load : std::exchange(loads, {})) load();
  }
  void Lease(LeaseRequest request, std::function<void(absl::StatusOr<LeaseReply>)> done) override {
    if (silent) return;
    MemoryStore::Lease(std::move(request), [&](absl::StatusOr<LeaseReply> reply) {
      reply->now += ahead;
      done(std::move(reply));
    });
  }
  std::function<CommitResult(TroubledStore&, const Turn&)> trouble;  // for the next commit only
  std::string refuses;                                               // every commit, while it says why
  bool silent = false;                                               // answers nothing that writes
  absl::Duration ahead;                                              // what its clock has leapt by
  bool reads_fail = false;                                           // of sagas, and of shards' rows
  bool hold_loads = false;
  std::vector<std::function<void()>> loads;
  int commits = 0;
};

class EngineTest : public ::testing::Test {
 protected:
  static constexpr int kShards = 4;

  EngineOptions Options() {
    EngineOptions options;
    options.owner = "one";
    options.turns_apart = absl::ZeroDuration();
    options.patience = absl::ZeroDuration();
    options.relay.bursts_apart = absl::ZeroDuration();
    return options;
  }

  void Start(EngineOptions options) {
    engine = std::make_unique<Engine>(options, definitions, store, store, participant, broker, clock, rng);
    engine->Start(kShards);
    Run();
  }

  // Steps until nothing more happens at this moment.
  void Run() {
    for (int i = 0; i < 1000; ++i) {
      engine->Step(engine->mailbox().DrainNow());
      if (engine->mailbox().size() == 0 && engine->Step({}) > absl::ZeroDuration() && engine->mailbox().size() == 0) {
        return;
      }
    }
    FAIL() << "the engine never rests";
  }
  void Later(absl::Duration wait) {
    // In lease-sized pieces, as a live process would.
    for (; wait > absl::Seconds(1); wait -= absl::Seconds(1)) {
      clock.elapsed += absl::Seconds(1);
      Run();
    }
    clock.elapsed += wait;
    Run();
  }
  void Answer(CallReply reply) {
    participant.AnswerNext(std::move(reply));
    Run();
  }

  PlaceRequest Request(const std::string& key) {
    return {{"", key, "fp"},
            {{"product-001", 2, {5000, "USD"}}},
            "ann@example.com",
            {10000, "USD"},
            absl::InfiniteFuture()};
  }
  absl::StatusOr<Placed> Place(const std::string& key, const std::string& fingerprint = "fp") {
    PlaceRequest request = Request(key);
    request.key.fingerprint = fingerprint;
    absl::StatusOr<Placed> result = absl::UnknownError("no answer");
    engine->PlaceOrder(std::move(request), [&](absl::StatusOr<Placed> placed) { result = placed; });
    Run();
    return result;
  }
  // As a subscriber sees them that drops sequences it has seen.
  std::vector<std::string> EventsOf(const Uuid& id) {
    std::vector<std::string> keys;
    for (const OutboxEvent& event : broker.delivered) {
      if (event.order_id != id || event.sequence <= static_cast<std::int64_t>(keys.size())) continue;
      EXPECT_EQ(event.sequence, static_cast<std::int64_t>(keys.size()) + 1) << "a hole";
      keys.push_back(event.routing_key);
    }
    return keys;
  }

  HandClock clock;
  SequenceRng rng;
  MemoryDatabase database{kShards};
  TroubledStore store{database, clock};
  HeldParticipant participant;
  ScriptedBroker broker;
  const Definitions definitions = OrderSagas({});
  std::unique_ptr<Engine> engine;
};

}  // namespace ordersaga::orchestrator
