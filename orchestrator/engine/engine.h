// The shell around the pure core: one loop that owns some shards and drives their sagas.
//
// A turn: drain everything that has arrived, Decide for each, commit all of it in one transaction, and only after that
// act (call participants, answer callers, hand events to the relay). While a commit is under way arrivals queue up and
// make the next turn: batches grow with load, never by a timer.
//
// Threads: PlaceOrder, CancelOrder and Post may be called from any thread and return at once. Step belongs to one
// thread, the loop (engine/loop_thread.h; a simulator calls it directly). Callbacks run on the loop and must not block.
//
// Time and chance come from the Clock and Rng given. Ports are asynchronous; their answers are posted to the mailbox.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "orchestrator/core/decide.h"
#include "orchestrator/engine/calls.h"
#include "orchestrator/engine/engine_clock.h"
#include "orchestrator/engine/relay.h"
#include "orchestrator/engine/shards.h"
#include "orchestrator/engine/staged_turn.h"
#include "orchestrator/engine/stats.h"
#include "orchestrator/engine/timers.h"
#include "platform/base/mailbox.h"
#include "platform/base/rng.h"

namespace ordersaga::orchestrator {

struct EngineOptions {
  std::string owner;    // unique per start of a process
  std::string address;  // where this replica's gRPC service can be reached
  int shards = 16;      // as the database was made
  absl::Duration lease = absl::Seconds(5);
  std::size_t max_calls = 2000;       // outstanding at once
  std::size_t reserved_calls = 200;   // of those, for compensations only
  std::size_t max_waiting = 100'000;  // accepted orders whose first step has not started; beyond: shed
  std::size_t max_turn = 512;         // inputs decided per turn
  std::size_t relay_window = 128;     // events per shard in memory, and so unconfirmed at most
};

struct PlaceRequest {
  OrderKey key;
  std::vector<OrderLine> lines;
  std::string user_email;
  Money total;
  absl::Time deadline = absl::InfiniteFuture();  // the caller has given up after this (wall clock)
};

class Engine {
 public:
  // Everything passed by reference must outlive the engine. `definition` has passed Check().
  Engine(EngineOptions options, const Definition& definition, SagaStore& store, ShardStore& shard_store,
         Participant& participant, EventPublisher& publisher, const Clock& clock, Rng& rng);

  // Errors: RESOURCE_EXHAUSTED (too many waiting; RetryInfo), UNAVAILABLE (this replica does not hold the key's shard,
  // or lost it meanwhile; the same key again is safe), FAILED_PRECONDITION IDEMPOTENCY_KEY_REUSED.
  void PlaceOrder(PlaceRequest request, PlaceDone done);
  // Errors: NOT_FOUND, FAILED_PRECONDITION ORDER_ALREADY_COMPLETED, UNAVAILABLE.
  void CancelOrder(Uuid id, std::string reason, CancelDone done);

  using Closure = std::function<void()>;
  void Post(Closure closure) { mailbox_.Post(std::move(closure)); }
  Mailbox<Closure>& mailbox() { return mailbox_; }

  // Runs the closures, then everything that can be done without waiting. Returns how long there is nothing to do
  // unless something is posted.
  absl::Duration Step(std::vector<Closure> closures);

  // Stops taking orders and shards; gives the shards back once the turn under way is durable and the relay is idle or
  // `patience` has passed. `done` runs on the loop.
  void Drain(absl::Duration patience, Closure done);

  const Stats& stats() const { return stats_; }
  // At least one shard is held and loaded. Any thread.
  bool ready() const { return stats_.shards_held > 0; }

 private:
  struct PlaceInput {
    PlaceRequest request;
    PlaceDone done;
  };
  struct SagaInput {
    Uuid id;
    Event event;
    CancelDone done;  // only for CancelRequested
  };
  using Input = std::variant<PlaceInput, SagaInput>;

  // engine.cc: inputs into decisions
  void BuildTurn();
  void CollectDue(absl::Time now);
  void AdmitWaiting();
  void Handle(PlaceInput input, absl::Time now);
  void Handle(SagaInput input, absl::Time now);
  void Stage(const Uuid& id, Decision decision, CancelDone done);
  void After(absl::Duration wait, Closure closure);
  absl::Duration NextWake() const;

  // engine_outcomes.cc: what became of a turn
  void Submit();
  void OnCommitResult(const CommitResult& result);
  void On(const Committed& committed);
  void On(const Fenced& fenced);
  void On(const InDoubt& in_doubt);
  void On(const BadRows& bad);
  void On(const Unavailable& unavailable);
  void Act(StagedSaga& staged);
  void AnswerDuplicates(const Committed& committed);
  void AskWhatHappened(std::vector<ShardTurn> sent);
  void OnShardsRead(const std::vector<ShardTurn>& sent, const absl::StatusOr<std::vector<ShardRow>>& rows);
  void Resubmit();
  void Abandon(std::vector<StagedSaga> removed);
  void EndTurn();

  // engine_shards.cc: taking, loading and losing shards
  void RenewLeases();
  void OnLeaseReply(const absl::StatusOr<LeaseReply>& reply, absl::Duration asked);
  void Load(int shard);
  void OnLoaded(int shard, std::int64_t token, const absl::StatusOr<ShardContents>& contents);
  void Adopt(const Saga& saga);
  void Forget(int shard);
  void CountShards();
  void TryToRetire();

  const EngineOptions options_;
  const Definition& definition_;
  SagaStore& store_;
  ShardStore& shard_store_;
  const Clock& wall_;
  Rng& rng_;
  Stats stats_;
  Mailbox<Closure> mailbox_;
  EngineClock clock_;
  Shards shards_;
  Calls calls_;
  Relay relay_;
  Timers timers_;

  absl::flat_hash_map<Uuid, Saga> sagas_;  // the unfinished ones of the shards held
  std::deque<Uuid> waiting_;               // oldest first; ids that no longer wait are skipped
  std::deque<Input> inputs_;
  StagedTurn turn_;
  bool committing_ = false;
  std::multimap<absl::Duration, Closure> later_;  // monotonic
  bool started_ = false;
  bool draining_ = false;
  bool retired_ = false;
  absl::Duration drain_until_;
  Closure drained_;
  std::size_t starts_staged_ = 0;                              // first steps that the turn being built will start
  absl::Duration position_saved_ = -absl::InfiniteDuration();  // monotonic; when idle streams last wrote theirs
};

}  // namespace ordersaga::orchestrator
