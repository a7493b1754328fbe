// A participant in the simulated world: what its processes decide is decided by the real core
// (platform/participant/core) on records that survive a crash. Who waits and what is being asked does not. What a
// provider is asked travels, and so does its answer; both come late or to nobody if the process has died.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "platform/participant/core/calls.h"
#include "platform/participant/core/patience.h"
#include "tests/simulation/world.h"

namespace ordersaga::sim {

class SimParticipant {
 public:
  using Records = std::map<std::string, participant::EffectRecord>;  // by action key
  using Done = participant::Calls::Done;

  struct Outside {
    // The provider carries out what it is asked and answers.
    std::function<participant::ProviderReply(const participant::Ask&)> provider;
    // With the records that a turn settles.
    std::function<void(const std::vector<participant::Change>&)> book;
  };

  SimParticipant(World& world, participant::Effects& effects, Outside outside)
      : world_(world), effects_(effects), outside_(std::move(outside)) {
    Look(world.Time());
  }

  bool up() const { return up_; }
  bool busy() const;     // the provider is being asked
  bool settled() const;  // no effect is under way, whether anybody asks about it or not
  void Crash();
  void Restart();

  // One of the processes takes a turn. `done` may be called later, or never if the process crashes.
  void Ask(participant::Request request, Done done);

  const Records& records() const { return records_; }

 private:
  static constexpr int kProcesses = 2;

  // What the real shell does now and then (shell/resumer.h). `looked`: the last time.
  void Look(absl::Time looked);
  void TakeTurn(std::size_t process, const participant::Request& request, Done done);
  participant::Loaded Load(const participant::Request& request) const;
  bool Stands(const participant::Request& request) const;
  void Write(const participant::Turn& turn);
  void Call(std::size_t process, const participant::Ask& ask);
  absl::Duration Trip() { return world_.Between(absl::Milliseconds(1), absl::Milliseconds(120)); }

  World& world_;
  participant::Effects& effects_;
  const Outside outside_;
  bool up_ = true;
  int incarnation_ = 0;
  Records records_;
  std::vector<participant::Calls> processes_{kProcesses};
};

}  // namespace ordersaga::sim
