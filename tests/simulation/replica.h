// One start of an orchestrator process: the real Engine on a simulated machine.
#pragma once

#include <memory>
#include <string>

#include "orchestrator/engine/engine.h"
#include "tests/simulation/database.h"
#include "tests/simulation/network.h"

namespace ordersaga::sim {

class Replica {
 public:
  // Everything by reference must outlive the replica; so must the replica every event of the world.
  Replica(World& world, Database& database, Services& services, Subscriber& subscriber, const Weather& weather,
          const orchestrator::Definitions& definitions, orchestrator::EngineOptions options, int shards,
          absl::Duration skew);

  const std::string& name() const { return name_; }
  orchestrator::Engine& engine() { return engine_; }
  Machine& machine() { return *machine_; }

 private:
  bool HasNews();
  void WakeAt(absl::Duration at);
  void Step(std::uint64_t wake);

  World& world_;
  const std::string name_;
  const std::shared_ptr<Machine> machine_;
  const MachineClock clock_;
  SeededRng rng_;
  Connection connection_;
  Calls calls_;
  Publisher publisher_;
  orchestrator::Engine engine_;
  absl::Duration wake_at_ = absl::InfiniteDuration();
  std::uint64_t wake_ = 0;  // the latest wake-up asked for; earlier ones are void
};

}  // namespace ordersaga::sim
