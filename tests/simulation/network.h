// The ways between a replica, the participants and the broker, and what they do to what travels on them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/ports/event_publisher.h"
#include "orchestrator/ports/participant.h"
#include "tests/simulation/machine.h"
#include "tests/simulation/services.h"

namespace ordersaga::sim {

// Faults of all links, set by the schedule: probabilities.
struct Weather {
  double request_lost = 0.0;
  double reply_lost = 0.0;
  double duplicate = 0.0;
  double late = 0.0;
  double confirm_lost = 0.0;
  double broker_refuses = 0.0;
  bool broker_away = false;
  std::function<void(std::string_view participant)> on_call;  // whenever one is asked
};

// A subscriber that is bound to everything and drops sequences it has seen.
class Subscriber {
 public:
  explicit Subscriber(World& world) : world_(world) {}
  void Receive(const orchestrator::OutboxEvent& event);
  std::vector<audit::Event> EventsOf(const std::string& order) const;  // without repeats
  std::int64_t repeats() const { return repeats_; }

 private:
  World& world_;
  std::map<std::string, std::vector<std::string>> stories_;  // routing keys
  std::int64_t repeats_ = 0;
};

// A replica's calls to the participants: each is answered once, at the latest when its time is up.
class Calls final : public orchestrator::Participant {
 public:
  Calls(World& world, Services& services, const Weather& weather, std::shared_ptr<Machine> machine)
      : world_(world), services_(services), weather_(weather), machine_(std::move(machine)) {}
  void Call(std::vector<orchestrator::ParticipantCall> calls) override;

 private:
  void CallOne(const orchestrator::CallRequest& request, Reply done);
  absl::Duration Trip();
  void Carry(const orchestrator::CallRequest& request, const Reply& once);

  World& world_;
  Services& services_;
  const Weather& weather_;
  const std::shared_ptr<Machine> machine_;
};

// A replica's connection to the broker.
class Publisher final : public orchestrator::EventPublisher {
 public:
  Publisher(World& world, Subscriber& subscriber, const Weather& weather, std::shared_ptr<Machine> machine)
      : world_(world), subscriber_(subscriber), weather_(weather), machine_(std::move(machine)) {}
  void Publish(const orchestrator::OutboxEvent& event, std::function<void(orchestrator::PublishResult)> done) override;
  std::int64_t connections() const override { return connections_; }

 private:
  World& world_;
  Subscriber& subscriber_;
  const Weather& weather_;
  const std::shared_ptr<Machine> machine_;
  std::int64_t connections_ = 1;
  absl::Duration arrival_;  // of the latest publish: one connection keeps its order
};

}  // namespace ordersaga::sim
