// The turn: in the making, then in flight to the store until it is known what became of it. One at a time.
//
// A turn that the store refuses is sent again without what was the cause; one that is left in doubt is never sent
// again: the shards' rows tell whether it was stored, and either way they are read anew (docs/adr/0002). Whoever waits
// for a saga that leaves the turn unstored is answered here, and may ask again with the same key.
//
// Loop thread only.
#pragma once

#include <vector>

#include "orchestrator/engine/database_health.h"
#include "orchestrator/engine/leases.h"
#include "orchestrator/engine/loop.h"
#include "orchestrator/engine/relay.h"
#include "orchestrator/engine/staged_turn.h"
#include "orchestrator/engine/stats.h"
#include "platform/base/turn_spacing.h"

namespace ordersaga::orchestrator {

// Hears what becomes of a turn.
class TurnOutcome {
 public:
  virtual ~TurnOutcome() = default;
  // These are stored, and nothing of them has been done yet. The next turn may be built.
  virtual void Settled(std::vector<StagedSaga> sagas) = 0;
  // Nothing of it was stored by this turn.
  virtual void Dropped(const Uuid& saga) = 0;
  // What was decided cannot be stored; the turn parks the saga instead. `before`: as it is stored.
  virtual void Parked(const Saga& before, const Saga& parked) = 0;
  // Another replica owns the shard.
  virtual void Lost(int shard) = 0;
  // What is known of the shard is not to be trusted: it must be read again.
  virtual void Distrusted(int shard) = 0;
};

class Flight {
 public:
  // Everything passed by reference must outlive it. `apart`: TurnSpacing. `log_key`: of the operator log's chain.
  Flight(Loop& loop, SagaStore& store, Leases& leases, Relay& relay, DatabaseHealth& health, Stats& stats,
         absl::Duration apart, std::string log_key, TurnOutcome& outcome);

  // In flight: nothing may be staged.
  bool committing() const { return committing_; }
  // How long until the next turn may be built, if none is in flight.
  absl::Duration UntilNext() const { return spacing_.Wait(loop_.now()); }
  bool MayBegin() const { return !committing_ && UntilNext() == absl::ZeroDuration(); }
  // The turn in flight has been refused, or in doubt, for half a second: whoever asks is to be told at once.
  bool Refusing() const;

  StagedTurn& turn() { return turn_; }
  // Adds the shards whose relay position, or held events, are to be stored. `all`: now, not within a second.
  void SavePositions(bool all);
  // Sends the turn, unless there is nothing in it.
  void Begin();

 private:
  void Submit();
  void OnResult(const CommitResult& result);
  void On(const Committed& committed);
  void On(const Fenced& fenced);
  void On(const InDoubt& in_doubt);
  void On(const BadRows& bad);
  void On(const Stale& stale);
  void On(const Unavailable& unavailable);
  void AnswerDuplicates(const std::vector<DuplicateOrder>& duplicates);
  void Lose(int shard);
  void AskWhatHappened();
  void OnShardsRead(const absl::StatusOr<std::vector<ShardRow>>& rows);
  void SendAwayCallers();
  void Resubmit();
  void Abandon(const std::vector<StagedSaga>& removed, const absl::Status& why);
  void End();

  Loop& loop_;
  SagaStore& store_;
  Leases& leases_;
  Relay& relay_;
  DatabaseHealth& health_;
  Stats& stats_;
  TurnOutcome& outcome_;
  const LogChain chain_;
  StagedTurn turn_;
  TurnSpacing spacing_;
  bool committing_ = false;
  absl::Duration position_saved_ = -absl::InfiniteDuration();  // monotonic; when idle streams last wrote theirs
};

}  // namespace ordersaga::orchestrator
