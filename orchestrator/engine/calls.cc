#include "orchestrator/engine/calls.h"

#include <algorithm>
#include <utility>

#include "orchestrator/core/endings.h"

namespace ordersaga::orchestrator {
namespace {

// How many of the calls no single participant may take, so that the others can always be asked. Calls are short: few
// are enough.
std::size_t ShareOfOthers(std::size_t limit) {
  return limit < 8 ? limit / 4 : limit / 8;
}

}  // namespace

CallRequest MakeRequest(const Definition& definition, const Saga& saga, const CallParticipant& command) {
  CallRequest request;
  request.order = saga.order;
  request.participant = command.participant;
  request.compensation = command.compensation;
  const std::string action_key = ActionKey(saga.id(), definition.steps[command.step].name);
  request.key = command.compensation ? CompensationKey(saga.id(), definition.steps[command.step].name) : action_key;
  if (command.compensation) request.action_key = action_key;
  request.not_after = NotAfter(definition, saga, command.step);
  request.timeout = command.timeout;
  request.notice = NoticeFor(definition, saga.ending.value_or(Ending::kCompleted), saga.refunded);
  request.reason = saga.reason;
  request.message = saga.message;
  request.refunded = saga.refunded;
  if (command.compensation && definition.steps[command.step].effect == Effect::kMoney) {
    request.settlement = saga.settlement;
  }
  return request;
}

Event ToEvent(const CallParticipant& command, CallReply reply) {
  const OutcomeUnknown mismatch{"the participant answered another question", false, std::nullopt};
  if (command.compensation) {
    CompensationReplied event{command.step, command.attempt, mismatch};
    if (auto* undone = std::get_if<Undone>(&reply)) event.outcome = std::move(*undone);
    if (auto* unknown = std::get_if<OutcomeUnknown>(&reply)) event.outcome = std::move(*unknown);
    return event;
  }
  ActionReplied event{command.step, command.attempt, mismatch};
  if (auto* applied = std::get_if<Applied>(&reply)) event.outcome = std::move(*applied);
  if (auto* rejected = std::get_if<Rejected>(&reply)) event.outcome = std::move(*rejected);
  if (auto* unknown = std::get_if<OutcomeUnknown>(&reply)) event.outcome = std::move(*unknown);
  return event;
}

Calls::Calls(Participant& participant, std::vector<std::string_view> participants, std::size_t limit,
             std::size_t reserved, Stats& stats, std::function<void(Answered)> deliver)
    : participant_(participant),
      participants_(std::move(participants)),
      limit_(limit),
      actions_limit_(limit - reserved),
      lane_limit_(actions_limit_ - ShareOfOthers(actions_limit_)),
      stats_(stats),
      deliver_(std::move(deliver)),
      lanes_(participants_.size() + 1) {}

Calls::Lane Calls::LaneOf(std::string_view participant, bool compensation) const {
  if (compensation) return compensations();
  const auto found = std::find(participants_.begin(), participants_.end(), participant);
  return static_cast<Lane>(found - participants_.begin());
}

bool Calls::Make(const Definition& definition, const Saga& saga, const CallParticipant& command) {
  const Lane lane = LaneOf(command.participant, command.compensation);
  if (!CanTake(lane)) return false;
  lanes_[lane].waiting.push_back({saga.id(), command, MakeRequest(definition, saga, command)});
  Pump();
  return true;
}

void Calls::OnAnswered(const CallParticipant& command) {
  --lanes_[LaneOf(command.participant, command.compensation)].out;
  --calls_out_;
  Pump();
}

std::vector<std::pair<Uuid, Calls::Lane>> Calls::Hold(std::string_view participant) {
  held_.emplace(participant);
  std::vector<std::pair<Uuid, Lane>> withdrawn;
  for (Lane lane = 0; lane < lanes_.size(); ++lane) {
    std::erase_if(lanes_[lane].waiting, [&](const Pending& pending) {
      if (pending.command.participant != participant) return false;
      withdrawn.emplace_back(pending.saga, lane);
      return true;
    });
  }
  return withdrawn;
}

void Calls::DropShard(int shard) {
  for (LaneState& lane : lanes_) {
    std::erase_if(lane.waiting, [&](const Pending& pending) { return pending.saga.shard() == shard; });
  }
}

std::size_t Calls::Room(std::string_view participant) const {
  if (IsHeld(participant)) return 0;
  const LaneState& lane = lanes_[LaneOf(participant, false)];
  // What waits in other lanes waits for room in its own lane: it does not count here.
  const std::size_t all = actions_out() + lane.waiting.size();
  const std::size_t mine = lane.out + lane.waiting.size();
  if (all >= actions_limit_ || mine >= lane_limit_) return 0;
  return std::min(actions_limit_ - all, lane_limit_ - mine);
}

bool Calls::HasRoom(Lane lane) const {
  if (calls_out_ >= limit_) return false;
  return lane == compensations() || (actions_out() < actions_limit_ && lanes_[lane].out < lane_limit_);
}

void Calls::Pump() {
  const auto serve = [this](Lane lane) {
    if (lanes_[lane].waiting.empty() || !HasRoom(lane)) return false;
    Pending pending = std::move(lanes_[lane].waiting.front());
    lanes_[lane].waiting.pop_front();
    ++lanes_[lane].out;
    ++calls_out_;
    Start(std::move(pending));
    return true;
  };
  while (serve(compensations())) {
  }
  for (bool any = true; any;) {
    any = false;
    for (Lane i = 0; i < participants_.size(); ++i) any = serve((next_ + i) % participants_.size()) || any;
    next_ = (next_ + 1) % participants_.size();
  }
  stats_.calls_outstanding = static_cast<std::int64_t>(calls_out_);
}

void Calls::Start(Pending pending) {
  ++stats_.calls_started;
  auto done = [this, saga = pending.saga, command = pending.command](CallReply reply) {
    deliver_({saga, command, std::move(reply)});
  };
  made_.push_back({std::move(pending.request), std::move(done)});
}

void Calls::Send() {
  if (!made_.empty()) participant_.Call(std::exchange(made_, {}));
}

}  // namespace ordersaga::orchestrator
