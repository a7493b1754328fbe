// What a replica's process runs on: it may be frozen, or gone. What would reach the process goes through Deliver.
#pragma once

#include <functional>
#include <vector>

#include "tests/simulation/world.h"

namespace ordersaga::sim {

class Machine {
 public:
  bool alive() const { return alive_; }
  bool frozen() const { return frozen_; }
  bool runs() const { return alive_ && !frozen_; }

  // Runs `closure` in the process: now, when it thaws, or never. Then wakes it.
  void Deliver(World::Closure closure) {
    if (!alive_) return;
    if (frozen_) {
      held_.push_back(std::move(closure));
      return;
    }
    closure();
    if (wake) wake();
  }

  void Die() {
    alive_ = false;
    held_.clear();
    wake = nullptr;
  }
  void Freeze() { frozen_ = true; }
  void Thaw() {
    frozen_ = false;
    std::vector<World::Closure> held = std::move(held_);
    held_.clear();
    for (World::Closure& closure : held) Deliver(std::move(closure));
    if (alive_ && wake) wake();
  }

  World::Closure wake;  // the process has something to do

 private:
  bool alive_ = true;
  bool frozen_ = false;
  std::vector<World::Closure> held_;
};

}  // namespace ordersaga::sim
