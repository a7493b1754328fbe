// Runs a participant: loads what a turn concerns, lets DecideTurn decide, writes that, commits, and then asks the
// provider and answers whoever waits. Thread-safe. Answers come on the loop's thread (or at once on the caller's, if it
// is too busy).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "platform/participant/core/calls.h"
#include "platform/participant/effects.h"
#include "platform/participant/shell/resumer.h"
#include "platform/participant/shell/turn_loop.h"
#include "platform/participant/store/effect_store.h"

namespace ordersaga::participant {

// How effects take part in a turn; made from LocalEffects or ExternalEffects.
class TurnEffects;

class Participant final : public Service {
 public:
  using Done = Calls::Done;

  // `name`: prefix of the fault points. `effects` must outlive this.
  Participant(const std::string& name, TurnLoopOptions options, const Clock& clock, LocalEffects& effects);
  Participant(const std::string& name, TurnLoopOptions options, const Clock& clock, ExternalEffects& effects,
              Patience patience = {});
  ~Participant() override;

  // Starts the turns; asks the provider again about every effect that is under way, and from then on about those that
  // have been for long (core/patience.h). Errors: as pg::Session::Run.
  absl::Status Start() override;
  void Stop() override {
    resumer_.Stop();
    loop_.Stop();
  }

  // `request` has its body (SetBody).
  void Act(ActionRequest request, absl::Time deadline, Done done);
  void Compensate(CompensationRequest request, absl::Time deadline, Done done);

  const TurnLoop& loop() const { return loop_; }

 private:
  Participant(const std::string& name, TurnLoopOptions options, const Clock& clock,
              std::unique_ptr<TurnEffects> effects, Patience patience);
  absl::Status Handle(pg::Tx& tx, std::vector<Item>& items, DatabaseClock& clock, bool again);
  Loaded Read(pg::Tx& tx, const Requests& requests, DatabaseClock& clock);
  absl::Status Write(pg::Tx& tx, const Turn& turn);
  void OnCommitted(Item& item);

  const std::string key_inserted_, tombstone_inserted_, marked_;  // fault points
  const std::unique_ptr<TurnEffects> effects_;
  const EffectStore store_{};
  Calls calls_;                                             // the loop's thread only, as are these:
  absl::Duration read_at_ = -absl::InfiniteDuration();      // monotonic; when the database's clock was last read
  absl::Duration mistaken_at_ = -absl::InfiniteDuration();  // when what was assumed was last not so
  TurnLoop loop_;
  Resumer resumer_;
};

}  // namespace ordersaga::participant
