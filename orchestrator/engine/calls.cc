#include "orchestrator/engine/calls.h"

#include <utility>

namespace ordersaga::orchestrator {

CallRequest MakeRequest(const Definition& definition, const Saga& saga, const CallParticipant& command) {
  CallRequest request;
  request.order = saga.order;
  request.participant = command.participant;
  request.compensation = command.compensation;
  const std::string action_key = ActionKey(saga.id(), command.participant);
  request.key = command.compensation ? CompensationKey(saga.id(), command.participant) : action_key;
  if (command.compensation) request.action_key = action_key;
  request.not_after = NotAfter(definition, saga, command.step);
  request.timeout = command.timeout;
  request.ending = saga.ending.value_or(Ending::kCompleted);
  request.reason = saga.reason;
  request.message = saga.message;
  request.refunded = saga.refunded;
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

Calls::Calls(Participant& participant, std::size_t limit, std::size_t reserved, Stats& stats,
             std::function<void(Answered)> deliver)
    : participant_(participant), limit_(limit), reserved_(reserved), stats_(stats), deliver_(std::move(deliver)) {}

void Calls::Make(const Definition& definition, const Saga& saga, const CallParticipant& command) {
  auto& waiting = command.compensation ? compensations_waiting_ : actions_waiting_;
  waiting.push_back({saga.id(), command, MakeRequest(definition, saga, command)});
  Pump();
}

void Calls::OnAnswered(bool compensation) {
  --(compensation ? compensations_out_ : actions_out_);
  Pump();
}

void Calls::Pump() {
  while (!compensations_waiting_.empty() && outstanding() < limit_) {
    ++compensations_out_;
    Start(std::move(compensations_waiting_.front()));
    compensations_waiting_.pop_front();
  }
  while (!actions_waiting_.empty() && outstanding() < limit_ && actions_out_ < limit_ - reserved_) {
    ++actions_out_;
    Start(std::move(actions_waiting_.front()));
    actions_waiting_.pop_front();
  }
  stats_.calls_outstanding = static_cast<std::int64_t>(outstanding());
}

void Calls::Start(Pending pending) {
  ++stats_.calls_started;
  auto done = [this, saga = pending.saga, command = pending.command](CallReply reply) {
    deliver_({saga, command, std::move(reply)});
  };
  participant_.Call(std::move(pending.request), std::move(done));
}

}  // namespace ordersaga::orchestrator
