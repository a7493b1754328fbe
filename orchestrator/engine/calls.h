// Turns commands into calls, within a bound on how many are out at once. Loop thread only.
//
// The bound counts outstanding calls, not sagas: a saga that waits for its next attempt costs nothing here. It is
// divided into lanes, so that no participant that hangs can keep the others from being called: the actions of each
// participant may take seven eighths of it at most, and a part is kept for compensations alone, so refunds are never
// delayed.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orchestrator/core/decision.h"
#include "orchestrator/engine/shard_user.h"
#include "orchestrator/engine/stats.h"
#include "orchestrator/ports/participant.h"

namespace ordersaga::orchestrator {

class Calls final : public ShardUser {
 public:
  using Lane = std::size_t;
  struct Answered {
    Uuid saga;
    CallParticipant command;
    CallReply reply;
  };
  // `participants`: everybody who may be asked, by the definitions' names. `limit`: calls out at once; `reserved` of
  // them for compensations only. `deliver` is called on any thread, once per call made.
  Calls(Participant& participant, std::vector<std::string_view> participants, std::size_t limit, std::size_t reserved,
        Stats& stats, std::function<void(Answered)> deliver);

  // Makes the call with the next Send, or when its lane has room. False if too many wait for that already: nothing was
  // taken, and the saga is to be resumed when CanTake(its lane).
  bool Make(const Definition& definition, const Saga& saga, const CallParticipant& command);

  // A call made earlier has been answered: makes the calls that waited for its place.
  void OnAnswered(const CallParticipant& command);

  // Hands over the calls made since the last time, together.
  void Send();

  // The participant is not to be asked for now. Returns the sagas whose calls have not been made, with their lanes; the
  // calls are forgotten.
  std::vector<std::pair<Uuid, Lane>> Hold(std::string_view participant);
  void Release(std::string_view participant) { held_.erase(std::string(participant)); }
  bool IsHeld(std::string_view participant) const { return held_.contains(participant); }

  // Forgets the calls of a shard that have not been made.
  void DropShard(int shard) override;

  // How many more sagas may start with an action of this participant.
  std::size_t Room(std::string_view participant) const;

  // One lane for the actions of each participant, then one for all compensations.
  std::size_t lanes() const { return lanes_.size(); }
  Lane LaneOf(std::string_view participant, bool compensation) const;
  bool CanTake(Lane lane) const { return lanes_[lane].waiting.size() < limit_; }

 private:
  struct Pending {
    Uuid saga;
    CallParticipant command;
    CallRequest request;
  };
  struct LaneState {
    std::size_t out = 0;
    std::deque<Pending> waiting;
  };
  Lane compensations() const { return participants_.size(); }
  std::size_t actions_out() const { return calls_out_ - lanes_.back().out; }
  bool HasRoom(Lane lane) const;
  void Pump();
  void Start(Pending pending);

  Participant& participant_;
  const std::vector<std::string_view> participants_;
  const std::size_t limit_;
  const std::size_t actions_limit_;  // all actions together
  const std::size_t lane_limit_;     // the actions of one participant
  Stats& stats_;
  const std::function<void(Answered)> deliver_;
  std::vector<LaneState> lanes_;
  std::set<std::string, std::less<>> held_;  // participants
  std::size_t calls_out_ = 0;                // of all lanes
  Lane next_ = 0;                            // which of the action lanes is served first, in turns
  std::vector<ParticipantCall> made_;        // and not yet sent
};

// What a reply means to the saga that asked.
Event ToEvent(const CallParticipant& command, CallReply reply);

// Everything a participant needs to know, from the saga as it has been committed.
CallRequest MakeRequest(const Definition& definition, const Saga& saga, const CallParticipant& command);

}  // namespace ordersaga::orchestrator
