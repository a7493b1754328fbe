// Turns commands into calls, within a bound on how many are out at once. Used by the loop only.
//
// The bound counts outstanding calls, not sagas: a saga that waits for its next attempt costs nothing here. Part of it
// is kept for compensations, so that a participant that swallows actions never delays refunds.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>

#include "orchestrator/core/decision.h"
#include "orchestrator/engine/stats.h"
#include "orchestrator/ports/participant.h"

namespace ordersaga::orchestrator {

class Calls {
 public:
  struct Answered {
    Uuid saga;
    CallParticipant command;
    CallReply reply;
  };
  // `deliver` is called on any thread, once per call made.
  Calls(Participant& participant, std::size_t limit, std::size_t reserved, Stats& stats,
        std::function<void(Answered)> deliver);

  // Makes the call now, or when there is room.
  void Make(const Definition& definition, const Saga& saga, const CallParticipant& command);

  // A call made earlier has been answered: makes the calls that waited for its place.
  void OnAnswered(bool compensation);

  // How many more sagas may start their first step.
  std::size_t Room() const {
    const std::size_t taken = actions_out_ + actions_waiting_.size();
    return taken < limit_ - reserved_ ? limit_ - reserved_ - taken : 0;
  }
  std::size_t outstanding() const { return actions_out_ + compensations_out_; }

 private:
  struct Pending {
    Uuid saga;
    CallParticipant command;
    CallRequest request;
  };
  void Pump();
  void Start(Pending pending);

  Participant& participant_;
  const std::size_t limit_;
  const std::size_t reserved_;  // of limit_, for compensations only
  Stats& stats_;
  const std::function<void(Answered)> deliver_;
  std::size_t actions_out_ = 0;
  std::size_t compensations_out_ = 0;
  std::deque<Pending> actions_waiting_;
  std::deque<Pending> compensations_waiting_;
};

// What a reply means to the saga that asked.
Event ToEvent(const CallParticipant& command, CallReply reply);

// Everything a participant needs to know, from the saga as it has been committed.
CallRequest MakeRequest(const Definition& definition, const Saga& saga, const CallParticipant& command);

}  // namespace ordersaga::orchestrator
