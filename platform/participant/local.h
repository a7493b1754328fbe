// A participant whose effects live in its own database: stock, points, seats. It says what applying and undoing mean;
// everything else (keys, fingerprints, fence, not_after, turns, repeats) is done here, by the rules of rules.h, with
// the key's record and the effect in one transaction.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "platform/participant/effect_store.h"
#include "platform/participant/turn_loop.h"

namespace ordersaga::participant {

struct Refusal {
  std::string reason;   // stable code, UPPER_SNAKE, not empty
  std::string message;  // the same in words
};

// What a service adds to the rules. All of it is called on the loop's thread, in a turn's transaction, which may be run
// again from Open if it lost a race: keep nothing from one Open to the next. May throw what a pg::Tx throws.
class LocalEffects {
 public:
  virtual ~LocalEffects() = default;

  // Opens a turn: `records` will be applied (those without a state of their own yet) or undone, in the calls that
  // follow. The place to lock and read everything they need with one statement, in one order in every process.
  virtual void Open(pg::Tx& /*tx*/, const std::vector<const EffectRecord*>& /*records*/) {}

  // Does what record.request asks and sets record.answer; or does nothing and says why not.
  virtual std::optional<Refusal> Apply(pg::Tx& tx, EffectRecord& record) = 0;
  // Takes back what an applied record did. Cannot refuse.
  virtual void Undo(pg::Tx& tx, const EffectRecord& record) = 0;

  // Closes the turn: the place to write with one statement what Apply and Undo have gathered.
  virtual absl::Status Close(pg::Tx& /*tx*/) { return absl::OkStatus(); }
};

struct LocalOutcome {
  absl::Status status;  // an error is neither yes nor no
  ActionAnswer action;  // of an action
  bool undone = false;  // of a compensation: something was taken back, now or before
  bool fresh = false;   // it happened in this turn, not in an earlier one
};

// One request in a turn. Make it with one of the functions below.
struct LocalItem {
  struct Action {
    ActionRequest request;
    std::string body;  // becomes EffectRecord::request; its fingerprint is in `request`
  };
  std::string action_key;
  absl::Time deadline;
  std::variant<Action, CompensationRequest> ask;
  LocalOutcome outcome;
  std::function<void(const LocalOutcome&)> done;
};

// The rules over the effects of one service: what a turn does in its transaction. Used through LocalParticipant; by
// itself in tests.
class LocalTurn {
 public:
  // `name`: prefix of the fault points. `effects` must outlive this.
  LocalTurn(const std::string& name, LocalEffects& effects);
  absl::Status Handle(pg::Tx& tx, std::vector<LocalItem>& items, DatabaseClock& clock) const;

 private:
  struct Work;
  void Decide(const LocalItem::Action& action, Work& work, LocalOutcome& outcome) const;
  void Decide(const CompensationRequest& request, Work& work, LocalOutcome& outcome) const;
  std::vector<const EffectRecord*> Concerned(const std::vector<LocalItem>& items, Work& work) const;

  LocalEffects& service_;
  const EffectStore effects_;
  const std::string key_inserted_, tombstone_inserted_;
};

// Thread-safe. Answers after the commit, on the loop's thread (or at once on the caller's, if it is too busy).
class LocalParticipant final : public Service {
 public:
  using Done = std::function<void(const LocalOutcome&)>;

  LocalParticipant(const std::string& name, TurnLoopOptions options, const Clock& clock, LocalEffects& effects);

  absl::Status Start() override { return loop_.Start(); }
  void Stop() override { loop_.Stop(); }

  // `body` is the canonical form of the request, from which its fingerprint is made and which Apply gets back.
  void Act(ActionRequest request, std::string body, absl::Time deadline, Done done);
  void Compensate(CompensationRequest request, absl::Time deadline, Done done);

  const TurnLoop<LocalItem>& loop() const { return loop_; }

 private:
  const LocalTurn turn_;
  TurnLoop<LocalItem> loop_;
};

}  // namespace ordersaga::participant
