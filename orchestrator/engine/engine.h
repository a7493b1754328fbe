// The shell around the pure core: one loop that owns some shards and drives their sagas.
//
// A turn: drain everything that has arrived, Decide for each, commit all of it in one transaction, and only after that
// act (call participants, answer callers, hand events to the relay). While a commit is under way arrivals queue up and
// make the next turn; under load a little longer (platform/base/turn_spacing.h): batches grow with load.
//
// Memory: only sagas with a call out, or queued to go out, are held. One that waits (for its turn to start, for its
// next attempt, for a person) is read from the store when something happens to it; of those in back-off only id and due
// time are kept, of those waiting to start only their number.
//
// Threads: PlaceOrder, CancelOrder, RetrySaga and Post may be called from any thread and return at once. Step belongs
// to one thread, the loop (engine/loop_thread.h; a simulator calls it directly). Callbacks run on the loop and must not
// block.
//
// Time and chance come from the Clock and Rng given. Ports are asynchronous; their answers are posted to the mailbox.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "orchestrator/core/decide.h"
#include "orchestrator/engine/calls.h"
#include "orchestrator/engine/database_health.h"
#include "orchestrator/engine/owners.h"
#include "orchestrator/engine/pace.h"
#include "orchestrator/engine/relay.h"
#include "orchestrator/engine/shards.h"
#include "orchestrator/engine/staged_turn.h"
#include "orchestrator/engine/stats.h"
#include "orchestrator/engine/timers.h"
#include "orchestrator/engine/waiting_orders.h"
#include "platform/base/database_clock.h"
#include "platform/base/mailbox.h"
#include "platform/base/rng.h"
#include "platform/base/turn_spacing.h"

namespace ordersaga::orchestrator {

struct EngineOptions {
  std::string owner;    // unique per start of a process
  std::string address;  // where this replica's gRPC service can be reached
  int shards = 16;      // as the database was made
  absl::Duration lease = absl::Seconds(5);
  std::size_t max_calls = 4000;        // outstanding at once
  std::size_t reserved_calls = 400;    // of those, for compensations only
  std::int64_t max_waiting = 100'000;  // accepted orders whose first step has not started; beyond: shed
  // No more orders are taken while one more would probably take longer than this to end (pace.h).
  absl::Duration max_wait = absl::InfiniteDuration();
  std::size_t max_turn = 512;                           // inputs decided per turn
  absl::Duration turns_apart = absl::Milliseconds(12);  // under load: from the beginning of a turn to that of the next
  RelayOptions relay;
};

struct PlaceRequest {
  OrderKey key;
  std::vector<OrderLine> lines;
  std::string user_email;
  Money total;
  absl::Time deadline = absl::InfiniteFuture();  // the caller has given up after this (wall clock)
  std::string traceparent = {};
};

class Engine {
 public:
  // Everything passed by reference must outlive the engine. Every definition has passed Check().
  Engine(EngineOptions options, const Definitions& definitions, SagaStore& store, ShardStore& shard_store,
         Participant& participant, EventPublisher& publisher, const Clock& clock, Rng& rng);

  // Errors: RESOURCE_EXHAUSTED (too many waiting; RetryInfo), UNAVAILABLE SHARD_NOT_HELD (ask the owner, see owners()),
  // UNAVAILABLE TRY_AGAIN (the shard was lost meanwhile; the same key again is safe), FAILED_PRECONDITION
  // IDEMPOTENCY_KEY_REUSED.
  void PlaceOrder(PlaceRequest request, PlaceDone done);
  // Errors: NOT_FOUND, FAILED_PRECONDITION ORDER_ALREADY_COMPLETED, UNAVAILABLE as above.
  void CancelOrder(Uuid id, std::string reason, RequestDone done);
  // Errors: NOT_FOUND, FAILED_PRECONDITION SAGA_FINISHED or SAGA_AT_WORK, UNAVAILABLE as above.
  void RetrySaga(Uuid id, std::string by, std::string reason, RequestDone done);

  // Tries the order's held events again at once (Relay::Release). Errors: NOT_FOUND, UNAVAILABLE.
  void ReleaseEvents(Uuid order, std::int64_t skip_sequence, std::function<void(absl::Status)> done);

  // Before the loop starts: `told` is called on it with what each turn has committed to a saga's journal.
  void TellOfJournal(std::function<void(const Uuid&, const std::vector<JournalEntry>&)> told) {
    journal_told_ = std::move(told);
  }

  using Closure = std::function<void()>;
  void Post(Closure closure) { mailbox_.Post(std::move(closure)); }
  void Leave(Closure closure) { mailbox_.Leave(std::move(closure)); }
  Mailbox<Closure>& mailbox() { return mailbox_; }

  // Runs the closures, then everything that can be done without waiting. Returns how long there is nothing to do
  // unless something is posted; or left, if it wants inputs.
  absl::Duration Step(const std::vector<Closure>& closures);
  // False while no turn may begin: inputs and the broker's answers can wait in the mailbox. Of the loop.
  bool wants_inputs() const { return draining_ || MayBegin() || Refusing(); }

  // Stops taking orders and shards; gives the shards back once the turn under way is durable and the relay is idle or
  // `patience` has passed. `done` runs on the loop.
  void Drain(absl::Duration patience, Closure done);

  const Stats& stats() const { return stats_; }
  const Owners& owners() const { return owners_; }
  int shards() const { return options_.shards; }
  // OK: the database has answered within the last lease and takes what is written, and the shards that the start
  // brought have become usable (there may be none: then orders are forwarded; taking another one later makes it no less
  // ready). Otherwise UNAVAILABLE, and why. Any thread.
  absl::Status Ready() const;

 private:
  struct PlaceInput {
    PlaceRequest request;
    PlaceDone done;
  };
  struct SagaInput {
    Uuid id;
    Event event;
    RequestDone done;  // only for what somebody asks for
  };
  using Input = std::variant<PlaceInput, SagaInput>;
  struct Asked {
    Uuid id;
    std::int64_t token;  // of its shard when it was asked for
  };

  // engine.cc: inputs into decisions
  void BuildTurn();
  void Handle(PlaceInput input, absl::Time now);
  bool HasRoomForOneMore() const;
  void Handle(SagaInput input, absl::Time now);
  void ParkImpossible(const Saga& saga, const Definition& definition, const absl::Status& why, absl::Time now);
  void Stage(const Saga& before, Decision decision, RequestDone done);
  void CallOrPostpone(const Saga& saga, const CallParticipant& command);
  static bool IsIdle(const Saga& saga);
  void ForgetIfIdle(const Uuid& id);
  const Definition* DefinitionOf(const Saga& saga) const;
  void After(absl::Duration wait, Closure closure);
  absl::Status NotUsable() const;
  bool Refusing() const;
  void RefuseCallers();
  bool MayBegin() const { return !committing_ && spacing_.Wait(clock_.Monotonic()) == absl::ZeroDuration(); }
  absl::Duration NextTurn() const;
  absl::Duration NextWake() const;

  // engine_intake.cc: what is to be decided on next, and the sagas it takes
  void CollectDue(absl::Time now);
  bool CanFetchMore() const;
  void ResumePostponed();
  void AdmitWaiting();
  void OnWaitingRead(int shard, std::int64_t token, std::int64_t limit, const absl::StatusOr<SagasRead>& read);
  void Fetch(SagaInput input);
  void ReadAwaited();
  void OnAwaitedRead(const std::vector<Asked>& asked, const absl::StatusOr<SagasRead>& read);

  // engine_outcomes.cc: what became of a turn
  void Submit();
  void OnCommitResult(const CommitResult& result);
  void On(const Committed& committed);
  void On(const Fenced& fenced);
  void On(const InDoubt& in_doubt);
  void On(const BadRows& bad);
  void On(const Stale& stale);
  void On(const Unavailable& unavailable);
  void Act(const StagedSaga& staged);
  void Tell(StagedSaga& staged);
  void Count(const StagedSaga& staged);
  void CountParked(int shard, std::int64_t by);
  void AnswerDuplicates(const Committed& committed);
  void AskWhatHappened(const std::vector<ShardTurn>& sent);
  void OnShardsRead(const std::vector<ShardTurn>& sent, const absl::StatusOr<std::vector<ShardRow>>& rows);
  void SendAwayWaiting();
  void Resubmit();
  void Abandon(const std::vector<StagedSaga>& removed);
  void EndTurn();

  // engine_shards.cc: taking, loading and losing shards
  void RenewLeases();
  void ReadClock(absl::Time database_now);
  void OnLeaseReply(const absl::StatusOr<LeaseReply>& reply, absl::Duration asked);
  void Load(int shard);
  void Reload(int shard);
  void Resume(const OpenSaga& open);
  void OnLoaded(int shard, std::int64_t token, const absl::StatusOr<ShardContents>& contents);
  void Forget(int shard);
  void SavePositions();
  void CountShards();
  void TryToRetire();

  const EngineOptions options_;
  const Definitions& definitions_;
  SagaStore& store_;
  ShardStore& shard_store_;
  const Clock& wall_;
  Rng& rng_;
  Stats stats_;
  Owners owners_;
  Mailbox<Closure> mailbox_;
  DatabaseClock clock_;
  DatabaseHealth health_;
  Shards shards_;
  Calls calls_;
  Relay relay_;
  Timers timers_;

  absl::flat_hash_map<Uuid, Saga> sagas_;  // those that are not idle (see Memory), of the shards held
  std::deque<Input> inputs_;
  absl::flat_hash_map<Uuid, std::vector<SagaInput>> awaited_;  // inputs whose saga is to be read first
  bool reading_awaited_ = false;
  WaitingOrders waiting_;
  bool reading_waiting_ = false;
  std::array<std::deque<Uuid>, Calls::kLanes> postponed_;  // their call is to be made when its lane has room
  Pace pace_;                                              // of the sagas that were at work here
  std::map<int, std::int64_t> parked_;                     // how many, by shard

  std::function<void(const Uuid&, const std::vector<JournalEntry>&)> journal_told_ = [](const auto&, const auto&) {};

  StagedTurn turn_;
  TurnSpacing spacing_;
  bool committing_ = false;
  bool out_of_step_ = false;                      // with the database's clock, as last logged
  std::size_t creates_staged_ = 0;                // orders that the turn being built will take
  std::size_t starts_staged_ = 0;                 // first steps that it will start
  std::multimap<absl::Duration, Closure> later_;  // monotonic
  bool started_ = false;
  bool draining_ = false;
  bool retired_ = false;
  absl::Duration drain_until_;
  Closure drained_;
  absl::Duration position_saved_ = -absl::InfiniteDuration();  // monotonic; when idle streams last wrote theirs
};

}  // namespace ordersaga::orchestrator
