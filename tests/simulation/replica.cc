#include "tests/simulation/replica.h"

namespace ordersaga::sim {

Replica::Replica(World& world, Database& database, Services& services, Subscriber& subscriber, const Weather& weather,
                 const orchestrator::Definitions& definitions, orchestrator::EngineOptions options, int shards,
                 absl::Duration skew)
    : world_(world),
      name_(options.owner),
      machine_(std::make_shared<Machine>()),
      clock_(world, skew),
      rng_(world.rng().Next()),
      connection_(world, database, machine_, options.owner, options.lease * 0.45),
      calls_(world, services, weather, machine_),
      publisher_(world, subscriber, weather, machine_),
      engine_(std::move(options), definitions, connection_, connection_, calls_, publisher_, clock_, rng_) {
  machine_->wake = [this] {
    const bool thawed = wake_at_ == absl::InfiniteDuration();  // what was planned fell into the pause
    if (thawed || HasNews()) WakeAt(world_.now());
  };
  engine_.Start(shards);
  WakeAt(world_.now());
}

bool Replica::HasNews() {
  return engine_.mailbox().HasNews(engine_.wants_inputs());
}

void Replica::WakeAt(absl::Duration at) {
  if (wake_at_ <= at) return;
  wake_at_ = at;
  world_.After(at - world_.now(), [this, wake = ++wake_] { Step(wake); });
}

void Replica::Step(std::uint64_t wake) {
  if (wake != wake_) return;
  wake_at_ = absl::InfiniteDuration();
  if (!machine_->runs()) return;
  const absl::Duration wait = engine_.Step(engine_.mailbox().DrainNow());
  if (!machine_->runs()) return;
  WakeAt(world_.now() + (HasNews() ? absl::ZeroDuration() : wait));
}

}  // namespace ordersaga::sim
