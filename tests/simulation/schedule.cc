#include "tests/simulation/schedule.h"

#include "tests/loyalty/order_saga.h"

namespace ordersaga::sim {
namespace {

constexpr int kShards = 4;
constexpr absl::Duration kFaultsEnd = absl::Seconds(12);
constexpr absl::Duration kLimit = absl::Seconds(200);
constexpr absl::Duration kLook = absl::Milliseconds(500);

// Budgets as in production in their order, shorter in their size, so that every one of them runs out now and then.
orchestrator::DefinitionOptions Budgets() {
  orchestrator::DefinitionOptions options;
  options.attempt_timeout = absl::Milliseconds(600);
  options.payment_budget = absl::Seconds(4);
  options.inventory_budget = absl::Seconds(4);
  options.compensation_budget = absl::Seconds(5);
  options.notification_budget = absl::Seconds(6);
  options.saga_deadline = absl::Seconds(7);
  options.backoff_initial = absl::Milliseconds(100);
  options.backoff_cap = absl::Seconds(1);
  return options;
}

}  // namespace

Schedule::Schedule(std::uint64_t seed, bool trace)
    : world_(seed, trace),
      database_(world_, kShards),
      services_(world_, truth_),
      subscriber_(world_),
      older_definitions_(orchestrator::OrderSagas(Budgets())),
      definitions_(loyalty::SagasWithLoyalty(Budgets())),
      customers_(world_, replicas_) {
  database_.on_applied = [this](const std::string& owner, const orchestrator::Turn& turn) { WatchTurn(owner, turn); };
  weather_.on_call = [this](std::string_view participant) { CheckHold(participant); };
  truth_.on_undone = [this](const std::string& order) { Judge(FactsOf(order)); };
}

Result Schedule::Run() {
  PlanOrders();
  replicas_wanted_ = 1 + world_.Below(3);
  for (std::size_t i = 0; i < replicas_wanted_; ++i) StartReplica();
  PlanFaults();
  world_.After(world_.Between(absl::ZeroDuration(), kFaultsEnd), [this] { Upgrade(); });
  world_.After(kFaultsEnd, [this] { Mend(); });
  absl::Duration next_look = kFaultsEnd + kLook;
  while (world_.violations().empty() && world_.now() < kLimit && world_.RunNext()) {
    if (world_.now() < next_look) continue;
    next_look = world_.now() + kLook;
    if (Settled()) break;
    RetryParked();
  }
  CheckWhole();
  return {world_.events(), world_.hits(), world_.violations()};
}

void Schedule::StartReplica() {
  orchestrator::EngineOptions options;
  options.owner = fmt::format("replica-{}", ++started_);
  options.log_key = "the simulator's key";
  options.address = options.owner;
  options.lease = kLease;
  options.max_calls = 5;
  options.max_turn = 4;
  options.relay.window = 4;
  options.relay.patience = absl::Seconds(1);
  absl::Duration skew;
  if (world_.Chance(0.2)) {
    world_.Hit(Fault::kSkew);
    skew = world_.Between(absl::Hours(-1), absl::Hours(1));
  }
  world_.Tell("{} starts", options.owner);
  replicas_.push_back(std::make_unique<Replica>(world_, database_, services_, subscriber_, weather_,
                                                upgraded_ ? definitions_ : older_definitions_, std::move(options),
                                                kShards, skew));
}

// All replicas end at once and are started again with the newer program: orders of version 1 go on beside those of
// version 2.
void Schedule::Upgrade() {
  world_.Tell("everybody is upgraded");
  upgraded_ = true;
  std::size_t live = 0;
  for (const auto& replica : replicas_) {
    if (!replica->machine().alive()) continue;
    replica->machine().Die();
    ++live;
  }
  for (; live > 0; --live) StartReplica();
}

Replica* Schedule::LiveReplica() {
  std::vector<Replica*> live;
  for (const auto& replica : replicas_) {
    if (replica->machine().alive()) live.push_back(replica.get());
  }
  return live.empty() ? nullptr : live[world_.Below(live.size())];
}

void Schedule::RetryParked() {
  for (const orchestrator::ParticipantHold& hold : database_.rows().holds) {
    if (!hold.until.has_value()) customers_.Hold(hold.participant, false);
  }
  for (const auto& [id, saga] : database_.rows().sagas) {
    if (saga.parked.empty()) continue;
    using orchestrator::Verb;
    const bool paused = saga.parked == orchestrator::kPaused;
    const bool refund = saga.phase == orchestrator::Phase::kCompensating && saga.step == 0;
    customers_.Operate(id, paused ? Verb::kResume : refund && world_.Chance(0.4) ? Verb::kSettle : Verb::kRetry);
  }
}

void Schedule::Mend() {
  world_.Tell("everything is mended");
  mended_ = true;
  weather_ = Weather{};
  database_.away = false;
  database_.in_doubt = 0.0;
  database_.bad_rows.clear();
  services_.provider.silent = 0.0;
  services_.provider.refund_fails = 0.0;
  for (const std::string_view service : definitions_.participants()) services_.Restart(service);
  std::size_t live = 0;
  for (const auto& replica : replicas_) {
    if (replica->machine().alive()) ++live;
    if (replica->machine().frozen()) replica->machine().Thaw();
  }
  for (; live < replicas_wanted_; ++live) StartReplica();
}

}  // namespace ordersaga::sim
