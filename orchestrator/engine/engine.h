// The shell around the pure core: one loop that owns some shards and drives their sagas.
//
// A turn: drain everything that has arrived, Decide for each, commit all of it in one transaction, and only after that
// act (call participants, answer callers, hand events to the relay). While a commit is under way arrivals queue up and
// make the next turn; under load a little longer (platform/base/turn_spacing.h): batches grow with load.
//
// Its parts, each with a state of its own (docs/adr/0020-parts-of-the-engine.md): Shards owns, loads and loses shards;
// Agenda knows what comes next, and keeps sagas in memory; Flight has the turn until it is known what became of it;
// Calls asks the participants; Relay publishes events. The engine itself handles inputs, stages decisions, and acts.
//
// Threads: PlaceOrder, CancelOrder, Operate, ReleaseEvents and Drain may be called from any thread and return at
// once. Step belongs to one thread, the loop (engine/loop_thread.h; a simulator calls it directly). Callbacks run on
// the loop and must not block.
//
// Time and chance come from the Clock and Rng given. Ports are asynchronous; their answers are posted to the mailbox.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "orchestrator/core/decide.h"
#include "orchestrator/core/definitions.h"
#include "orchestrator/engine/agenda.h"
#include "orchestrator/engine/calls.h"
#include "orchestrator/engine/client_orders.h"
#include "orchestrator/engine/database_health.h"
#include "orchestrator/engine/flight.h"
#include "orchestrator/engine/input.h"
#include "orchestrator/engine/loop.h"
#include "orchestrator/engine/relay.h"
#include "orchestrator/engine/shards.h"
#include "orchestrator/engine/stats.h"
#include "platform/base/rng.h"

namespace ordersaga::orchestrator {

struct EngineOptions {
  std::string owner;    // unique per start of a process
  std::string address;  // where this replica's gRPC service can be reached
  absl::Duration lease = absl::Seconds(5);
  std::int64_t max_calls = 4000;              // outstanding at once; a tenth of them for compensations only
  std::int64_t max_waiting = 100'000;         // accepted orders whose first step has not started; beyond: shed
  std::int64_t max_open_per_client = 50'000;  // PENDING orders of a client with API keys, in this replica's shards
  // No more orders are taken while one more would probably take longer than this to end (pace.h). Zero: no bound.
  absl::Duration max_wait;
  std::int64_t max_turn = 512;                          // inputs decided per turn
  absl::Duration turns_apart = absl::Milliseconds(12);  // under load: from the beginning of a turn to that of the next
  absl::Duration patience = absl::Milliseconds(50);     // of answers for orders that have ended, with a turn to join
  std::string log_key;                                  // of the operator log's chain: any bytes
  RelayOptions relay;
};

class Engine final : private TurnOutcome {
 public:
  // Everything passed by reference must outlive the engine. Every definition has passed Check().
  Engine(EngineOptions options, const Definitions& definitions, SagaStore& store, ShardStore& shard_store,
         Participant& participant, EventPublisher& publisher, const Clock& clock, Rng& rng);

  // Before the first Step, and before anybody asks: how many shards the database was made with.
  void Start(int shards) { shards_.Start(shards); }

  // Errors: RESOURCE_EXHAUSTED (too many waiting, or of this client's open; RetryInfo), UNAVAILABLE SHARD_NOT_OWNED
  // (ask the owner, see owners()), UNAVAILABLE TRY_AGAIN (the shard was lost meanwhile; the same key again is safe),
  // FAILED_PRECONDITION IDEMPOTENCY_KEY_REUSED.
  void PlaceOrder(PlaceRequest request, PlaceDone done);
  // Errors: NOT_FOUND, FAILED_PRECONDITION ORDER_ALREADY_COMPLETED, UNAVAILABLE as above.
  void CancelOrder(Uuid id, CancelRequested request, RequestDone done);
  // An operator does something to a saga; it and its row of the operator log are stored together. Errors: NOT_FOUND,
  // FAILED_PRECONDITION SAGA_FINISHED, SAGA_AT_WORK, VERB_NOT_POSSIBLE or LOG_MISSING, ABORTED SAGA_CHANGED,
  // UNAVAILABLE as above.
  void Operate(Uuid id, VerbAsked asked, RequestDone done);

  // An operator puts a participant on hold for everybody, or releases it: in force everywhere within a lease. For the
  // owner of shard 0. Errors: FAILED_PRECONDITION VERB_NOT_POSSIBLE (it is so already) or LOG_MISSING, UNAVAILABLE as
  // above.
  void HoldParticipant(HoldRequest request, RequestDone done);

  // Tries the order's held events again at once (Relay::Release), or gives one up for good, once that is recorded.
  // Errors: NOT_FOUND, FAILED_PRECONDITION LOG_MISSING, UNAVAILABLE.
  void ReleaseEvents(EventsRequest request, RequestDone done);

  // Before the loop starts: `told` is called on it with what each turn has committed to a saga's journal.
  using JournalTold = std::function<void(const Uuid&, const std::vector<JournalEntry>&)>;
  void TellOfJournal(JournalTold told) { journal_told_ = std::move(told); }

  using Closure = Loop::Closure;
  Mailbox<Closure>& mailbox() { return loop_.mailbox(); }

  // Loop thread only. Runs the closures, then everything that can be done without waiting. Returns how long the loop
  // may sleep: what is posted always wakes it, what is enqueued only if the engine wants inputs.
  absl::Duration Step(const std::vector<Closure>& closures);
  // Loop thread only. False while no turn may begin: inputs and the broker's answers can wait in the mailbox.
  bool wants_inputs() const { return shards_.draining() || flight_.MayBegin() || flight_.Refusing(); }

  // Stops taking orders and shards; gives the shards back once the turn under way is durable and the relay is idle or
  // `patience` has passed. `done` runs on the loop.
  void Drain(absl::Duration patience, Closure done);

  const Stats& stats() const { return stats_; }
  const Owners& owners() const { return shards_.owners(); }
  const Holds& holds() const { return shards_.holds(); }  // any thread
  int shards() const { return shards_.count(); }
  // OK: the database has answered within the last lease and takes what is written, and the shards that the start
  // brought have become usable (there may be none: then orders are forwarded; taking another one later makes it no less
  // ready). Otherwise UNAVAILABLE, and why. Any thread.
  absl::Status Ready() const;

 private:
  void Enqueue(Input input);
  void BuildTurn();
  void Handle(PlaceInput input, absl::Time now);
  absl::Status CheckRoom(const std::string& client) const;
  absl::Status CanRecord(const SagaInput& input);
  void Handle(SagaInput input, const Saga& saga, absl::Time now);
  void Handle(HoldInput input, absl::Time now);
  void Handle(EventsInput input, absl::Time now);
  void ApplyHolds();
  bool WaitsForHold(SagaInput& input, const Definition& definition, const Saga& saga, absl::Time now);
  void ParkImpossible(const Saga& saga, const Definition& definition, const absl::Status& why, absl::Time now);
  void Stage(const Saga& before, Decision decision, RequestDone done);
  void CallOrPostpone(const Saga& saga, const CallParticipant& command);
  const Definition* DefinitionOf(const Saga& saga) const;
  absl::Status NotUsable() const;
  absl::Duration UntilTurn() const;

  void Settled(std::vector<StagedSaga> sagas) override;
  void AfterCommit(const StagedSaga& staged);
  void Answer(const StagedSaga& staged);
  void Dropped(const Uuid& saga) override { agenda_.Forget(saga); }
  void Parked(const Saga& before, const Saga& parked) override { agenda_.Settle(&before, parked); }
  void Lost(int shard) override { shards_.Lose(shard); }
  void Distrusted(int shard) override { shards_.Reload(shard); }

  const EngineOptions options_;
  const Definitions& definitions_;
  const Clock& wall_;
  Rng& rng_;
  Stats stats_;
  DatabaseHealth health_;
  Loop loop_;
  Shards shards_;
  Calls calls_;
  Relay relay_;
  Agenda agenda_;
  ClientOrders client_orders_;
  Flight flight_;
  JournalTold journal_told_ = [](const auto&, const auto&) {};
};

}  // namespace ordersaga::orchestrator
