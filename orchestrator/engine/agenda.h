// What the engine is to handle next, and the sagas it takes.
//
// It knows for what each open saga of the owned shards waits:
// - for an answer, with its call out or queued: the saga is in memory;
// - for its turn to start, or for a person: only their number is kept (waiting_orders.h);
// - for its next attempt: its id and when that is due (timers.h);
// - for room in the lane of its call: its id.
// A saga that is not in memory is read from the store when something happens to it (saga_memory.h).
//
// Whoever decides about a saga says so (Put), and then what became of the decision: Settle, or Forget. Loop thread
// only.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "orchestrator/core/definitions.h"
#include "orchestrator/engine/calls.h"
#include "orchestrator/engine/input.h"
#include "orchestrator/engine/leases.h"
#include "orchestrator/engine/loop.h"
#include "orchestrator/engine/pace.h"
#include "orchestrator/engine/saga_memory.h"
#include "orchestrator/engine/shard_user.h"
#include "orchestrator/engine/stats.h"
#include "orchestrator/engine/timers.h"
#include "orchestrator/engine/waiting_orders.h"

namespace ordersaga::orchestrator {

class Agenda final : public ShardUser {
 public:
  // Everything passed by reference must outlive it. `patience`: for how long what nobody waits for may wait for
  // company.
  Agenda(Loop& loop, SagaStore& store, Leases& leases, const Calls& calls, const Definitions& definitions, Stats& stats,
         absl::Duration patience);

  // An answer for an order that has ended waits for the next turn that others need, or for its patience to end: it does
  // not make a turn of its own.
  void Add(Input input);

  // Adds what is to be handled by now: what has fallen due, what waited for a lane that has room, and, if `admit`,
  // orders that may start.
  void Collect(absl::Time now, bool admit);
  struct Item {
    Input input;
    std::optional<Saga> saga;  // of a SagaInput; empty: its shard is not usable
  };
  // The next input, oldest first. One whose saga is not in memory is put aside until the saga has been read.
  std::optional<Item> Next();
  // Reads the sagas of inputs that were put aside.
  void Read() { memory_.Read(); }
  // How long until there is something to handle, nothing being added.
  absl::Duration UntilNext() const;
  // Answers everybody who waits for an input to be handled, and drops those inputs.
  void RefuseCallers(const absl::Status& why);

  // The saga as it has just been decided.
  void Put(const Saga& saga) { memory_.Put(saga); }
  // The saga as it has just been stored; `before`: as it was stored before, nullptr if it was not.
  void Settle(const Saga* before, const Saga& saga);
  // Takes the saga out of memory.
  void Forget(const Uuid& id) { memory_.Forget(id); }
  // The same, if nothing of it is under way.
  void ForgetIfIdle(const Uuid& id);
  // Takes the saga out of memory until the lane has room for its call.
  void Postpone(const Uuid& id, Calls::Lane lane);

  // Takes the saga out of memory until its participant is released; its call belongs to the lane.
  void Hold(const Uuid& id, std::string_view participant, Calls::Lane lane);
  void Release(std::string_view participant);

  void AddShard(const ShardContents& contents) override;
  void DropShard(int shard) override;

  // How many sagas may start now.
  std::size_t RoomToStart() const;
  // Orders that wait to start.
  std::int64_t waiting() const { return waiting_.total(); }
  // Until one more order would have ended, going by how fast others have ended lately.
  absl::Duration Expected() const;

  void UpdateLevels();

 private:
  bool CanWait(const Input& input) const;
  void CollectPatient(bool admit);
  void CollectDue(absl::Time now);
  void ResumePostponed();
  void AdmitWaiting();
  void OnWaitingRead(int shard, std::int64_t token, int limit, const absl::StatusOr<SagasRead>& read);
  void Resume(const OpenSaga& open);

  Loop& loop_;
  SagaStore& store_;
  Leases& leases_;
  const Calls& calls_;
  const Definitions& definitions_;
  Stats& stats_;

  const absl::Duration patience_;
  std::deque<Input> inputs_;
  std::vector<Input> patient_;    // nobody waits for these
  absl::Duration patient_until_;  // monotonic, of the first of them
  SagaMemory memory_;
  WaitingOrders waiting_;
  bool reading_waiting_ = false;
  std::vector<std::deque<Uuid>> postponed_;                                  // by lane
  std::map<std::string, std::map<Uuid, Calls::Lane>, std::less<>> on_hold_;  // by participant
  Timers timers_;
  Pace pace_;
  std::map<int, std::int64_t> parked_;  // how many wait for a person, by shard
};

}  // namespace ordersaga::orchestrator
