#include "tests/simulation/network.h"

#include <algorithm>
#include <utility>

namespace ordersaga::sim {

using orchestrator::CallReply;
using orchestrator::CallRequest;
using orchestrator::OutboxEvent;
using orchestrator::OutcomeUnknown;
using orchestrator::PublishResult;

void Subscriber::Receive(const OutboxEvent& event) {
  std::vector<std::string>& story = stories_[event.order_id.ToString()];
  const auto seen = static_cast<std::int64_t>(story.size());
  if (event.sequence <= seen) {
    ++repeats_;
    if (story[static_cast<std::size_t>(event.sequence - 1)] != event.routing_key) {
      world_.Violate(fmt::format("order {}: event {} is {} and {}", event.order_id.ToString(), event.sequence,
                                 story[static_cast<std::size_t>(event.sequence - 1)], event.routing_key));
    }
    return;
  }
  if (event.sequence > seen + 1) {
    world_.Violate(fmt::format("order {}: event {} ({}) came after {} events", event.order_id.ToString(),
                               event.sequence, event.routing_key, seen));
  }
  world_.Tell("subscriber: {} #{} of {}", event.routing_key, event.sequence, event.order_id.ToString());
  story.push_back(event.routing_key);
}

std::vector<audit::Event> Subscriber::EventsOf(const std::string& order) const {
  std::vector<audit::Event> events;
  const auto story = stories_.find(order);
  if (story == stories_.end()) return events;
  for (const std::string& key : story->second) {
    events.push_back({static_cast<std::int64_t>(events.size()) + 1, key});
  }
  return events;
}

absl::Duration Calls::Trip() {
  if (world_.Chance(weather_.late)) {
    world_.Hit(Fault::kLate);
    return world_.Between(absl::Milliseconds(100), absl::Seconds(3));
  }
  return world_.Between(absl::Microseconds(100), absl::Milliseconds(20));
}

void Calls::Carry(const CallRequest& request, const Reply& once) {
  world_.After(Trip(), [this, request, once] {
    services_.Handle(request, [this, once](CallReply reply) {
      if (world_.Chance(weather_.reply_lost)) {
        world_.Hit(Fault::kReplyLost);
        return;
      }
      world_.After(Trip(), [once, reply = std::move(reply)] { once(reply); });
    });
  });
}

void Calls::Call(std::vector<orchestrator::ParticipantCall> calls) {
  for (orchestrator::ParticipantCall& call : calls) CallOne(call.request, std::move(call.done));
}

void Calls::CallOne(const CallRequest& request, Reply done) {
  if (weather_.on_call) weather_.on_call(request.participant);
  auto answered = std::make_shared<bool>(false);
  const Reply once = [machine = machine_, answered, done = std::move(done)](CallReply reply) {
    if (std::exchange(*answered, true)) return;
    machine->Deliver([done, reply = std::move(reply)] { done(reply); });
  };
  world_.After(request.timeout, [once] { once(OutcomeUnknown{"DEADLINE_EXCEEDED", true, std::nullopt}); });
  if (world_.Chance(weather_.request_lost)) {
    world_.Hit(Fault::kRequestLost);
    return;
  }
  Carry(request, once);
  if (world_.Chance(weather_.duplicate)) {
    world_.Hit(Fault::kDuplicate);
    Carry(request, once);
  }
}

void Publisher::Publish(const OutboxEvent& event, std::function<void(PublishResult)> done) {
  const auto answer = [this, done](PublishResult result) {
    world_.After(world_.Between(absl::Microseconds(100), absl::Milliseconds(5)),
                 [machine = machine_, done, result] { machine->Deliver([done, result] { done(result); }); });
  };
  arrival_ = std::max(arrival_, world_.now() + world_.Between(absl::Microseconds(100), absl::Milliseconds(30)));
  world_.After(arrival_ - world_.now(), [this, event, answer] {
    // What was written to the socket arrives even if the process is gone by now.
    if (weather_.broker_away) {
      world_.Hit(Fault::kBrokerAway);
      return answer(PublishResult::kLost);
    }
    if (world_.Chance(weather_.broker_refuses)) {
      world_.Hit(Fault::kBrokerRefuses);
      if (world_.Chance(0.5)) subscriber_.Receive(event);
      ++connections_;  // another one is tried
      return answer(PublishResult::kRefused);
    }
    subscriber_.Receive(event);
    const bool lost = world_.Chance(weather_.confirm_lost);
    if (lost) world_.Hit(Fault::kConfirmLost);
    answer(lost ? PublishResult::kLost : PublishResult::kConfirmed);
  });
}

}  // namespace ordersaga::sim
