// What happens when: drawn once, at the start, from the seed.
#include "tests/simulation/schedule.h"

namespace ordersaga::sim {

namespace {

constexpr absl::Duration kPlanEnd = absl::Seconds(9);

}  // namespace

void Schedule::PlanOrders() {
  truth_.stock = {{"laptop", 3 + static_cast<std::int64_t>(world_.Below(8))},
                  {"mouse", 20},
                  {"keyboard", static_cast<std::int64_t>(world_.Below(3))}};
  first_stock_ = truth_.stock;
  // More comes in now and then, so that what was refused once could be had later.
  for (const char* item : {"laptop", "keyboard"}) {
    world_.After(world_.Between(absl::ZeroDuration(), kPlanEnd), [this, item] {
      truth_.stock[item] += 3;
      first_stock_[item] += 3;
    });
  }
  const std::vector<std::string> items = {"laptop", "laptop", "mouse", "keyboard", "no such product"};
  const std::size_t count = 3 + world_.Below(5);
  const bool burst = world_.Chance(0.3);  // more at once than may be under way
  for (std::size_t i = 0; i < count; ++i) {
    auto order = std::make_unique<SimOrder>();
    order->key = {"", fmt::format("key-{}", i + 1), "the same body"};
    const std::size_t lines = 1 + world_.Below(2);
    for (std::size_t line = 0; line < lines; ++line) {
      const auto quantity = static_cast<std::int32_t>(1 + world_.Below(4));
      order->lines.push_back({items[world_.Below(items.size())], quantity, {5000, "USD"}});
      order->total = {order->total.minor + std::int64_t{5000} * quantity, "USD"};
    }
    SimOrder& placed = *order;
    customers_.orders.push_back(std::move(order));
    const absl::Duration at = burst ? absl::Seconds(2) : world_.Between(absl::ZeroDuration(), kPlanEnd);
    world_.After(at, [this, &placed] { customers_.Place(placed); });
  }
}

void Schedule::PlanFaults() {
  const std::size_t count = 1 + world_.Below(6);
  for (std::size_t i = 0; i < count; ++i) {
    const auto fault = static_cast<Fault>(world_.Below(static_cast<std::size_t>(Fault::kCount)));
    PlanFault(fault, world_.Between(absl::ZeroDuration(), kPlanEnd));
  }
}

// Sets a probability for a while.
void Schedule::Window(absl::Duration at, double* value, double during) {
  const absl::Duration length = world_.Between(absl::Milliseconds(200), absl::Seconds(5));
  world_.After(at, [this, value, during, length] {
    *value = during;
    world_.After(length, [value] { *value = 0.0; });
  });
}

void Schedule::Await(absl::Duration at, std::function<bool()> ready, World::Closure then) {
  world_.After(at, [this, ready = std::move(ready), then = std::move(then)] {
    if (mended_) return;
    if (ready()) return then();
    Await(absl::Milliseconds(10), ready, then);
  });
}

void Schedule::PlanFault(Fault fault, absl::Duration at) {
  switch (fault) {
    case Fault::kCrash:
    case Fault::kPause:
    case Fault::kLongPause:
    case Fault::kPauseInTurn:
    case Fault::kDrain:
      return PlanReplicaFault(fault, at);
    case Fault::kSkew:
      return;  // drawn for each replica when it starts
    case Fault::kDatabaseAway:
    case Fault::kServiceCrash:
    case Fault::kBrokerAway:
      return PlanServiceFault(fault, at);
    case Fault::kInDoubt:
      return Window(at, &database_.in_doubt, 0.3);
    case Fault::kRequestLost:
      return Window(at, &weather_.request_lost, 0.4);
    case Fault::kReplyLost:
      return Window(at, &weather_.reply_lost, 0.5);
    case Fault::kDuplicate:
      return Window(at, &weather_.duplicate, 0.5);
    case Fault::kLate:
      return Window(at, &weather_.late, 0.5);
    case Fault::kProviderSilent:
      return Window(at, &services_.provider.silent, 0.6);
    case Fault::kRefundFails:
      return Window(at, &services_.provider.refund_fails, 0.9);
    case Fault::kConfirmLost:
      return Window(at, &weather_.confirm_lost, 0.4);
    case Fault::kBrokerRefuses:
      return Window(at, &weather_.broker_refuses, 0.6);
    case Fault::kBadRow:
    case Fault::kClientRepeats:
    case Fault::kCancel:
    case Fault::kOperator:
    case Fault::kPart:
      return PlanCustomerFault(fault, at);
    case Fault::kHold:
      return PlanHold(at);
    case Fault::kSettle:
      return PlanSettlement(at / 3);
    case Fault::kCount:
      return;
  }
}

void Schedule::Freeze(Replica* replica, absl::Duration length, Fault kind) {
  if (replica == nullptr || replica->machine().frozen()) return;
  world_.Hit(kind);
  world_.Tell("{} freezes for {:.1f} s", replica->name(), absl::ToDoubleSeconds(length));
  replica->machine().Freeze();
  world_.After(length, [this, replica] {
    if (!replica->machine().alive() || !replica->machine().frozen()) return;
    world_.Tell("{} thaws", replica->name());
    replica->machine().Thaw();
  });
}

void Schedule::PlanReplicaFault(Fault fault, absl::Duration at) {
  const absl::Duration length = fault == Fault::kPause
                                    ? world_.Between(absl::Milliseconds(50), absl::Milliseconds(1900))
                                    : world_.Between(absl::Seconds(2), absl::Seconds(6));
  world_.After(at, [this, fault, length] {
    if (fault == Fault::kPauseInTurn) {
      (world_.Chance(0.5) ? database_.on_begin : database_.on_commit) = [this, length](const std::string& owner) {
        for (const auto& replica : replicas_) {
          if (replica->name() == owner) Freeze(replica.get(), length, Fault::kLongPause);
        }
      };
      return;
    }
    Replica* replica = LiveReplica();
    if (replica == nullptr) return;
    if (fault == Fault::kPause || fault == Fault::kLongPause) return Freeze(replica, length, fault);
    if (fault == Fault::kCrash) {
      world_.Hit(fault);
      world_.Tell("{} dies", replica->name());
      replica->machine().Die();
      world_.After(world_.Between(absl::Milliseconds(50), absl::Seconds(4)), [this] {
        if (!mended_) StartReplica();
      });
      return;
    }
    if (replica->machine().frozen()) return;
    world_.Hit(fault);
    world_.Tell("{} drains", replica->name());
    replica->machine().Deliver([this, replica] {
      replica->engine().Drain(absl::Seconds(1), [this, replica] {
        world_.Tell("{} has left", replica->name());
        world_.After(absl::ZeroDuration(), [replica] { replica->machine().Die(); });
      });
    });
    StartReplica();
  });
}

void Schedule::PlanServiceFault(Fault fault, absl::Duration at) {
  const absl::Duration length = world_.Between(absl::Milliseconds(20), absl::Seconds(5));
  if (fault == Fault::kServiceCrash) {
    const std::vector<std::string_view> services = definitions_.participants();
    const std::string_view service = services[world_.Below(services.size())];
    const bool at_work = service == "payment" && world_.Chance(0.8);
    return Await(
        at, [this, at_work] { return !at_work || services_.busy(); },
        [this, service, length] {
          world_.Tell("service {} dies", service);
          services_.Crash(service);
          world_.After(length, [this, service] { services_.Restart(service); });
        });
  }
  world_.After(at, [this, fault, length] {
    bool& away = fault == Fault::kDatabaseAway ? database_.away : weather_.broker_away;
    world_.Tell("the {} goes away", fault == Fault::kDatabaseAway ? "database" : "broker");
    away = true;
    world_.After(length, [&away] { away = false; });
  });
}

void Schedule::PlanCustomerFault(Fault fault, absl::Duration at) {
  SimOrder& order = *customers_.orders[world_.Below(customers_.orders.size())];
  const absl::Duration wait =
      world_.Between(absl::ZeroDuration(), absl::Milliseconds(fault == Fault::kCancel ? 400 : 4000));
  const auto accepted = [&order] { return order.id.has_value(); };
  if (fault == Fault::kClientRepeats) {
    return world_.After(at, [this, &order] {
      world_.Hit(Fault::kClientRepeats);
      for (int i = 0; i < 3; ++i) customers_.Place(order);
    });
  }
  if (fault == Fault::kBadRow) {
    return Await(at, accepted, [this, &order] { database_.bad_rows.insert(*order.id); });
  }
  if (fault == Fault::kPart) return PlanParts(order, at);
  Await(at, accepted, [this, &order, fault, wait] {
    world_.After(wait, [this, &order, fault] {
      if (fault == Fault::kCancel) return customers_.Cancel(order);
      customers_.Operate(*order.id, orchestrator::kVerbs[world_.Below(orchestrator::kVerbs.size())]);
      RetryParked();
    });
  });
}

// The order is cancelled while no refund succeeds; whoever finds it parked gives the money back by hand.
void Schedule::PlanSettlement(absl::Duration at) {
  SimOrder& order = *customers_.orders[world_.Below(customers_.orders.size())];
  world_.After(at, [this] { services_.provider.refund_fails = 1.0; });
  world_.After(at + world_.Between(absl::Seconds(6), absl::Seconds(9)),
               [this] { services_.provider.refund_fails = 0.0; });
  Await(
      at, [&order] { return order.id.has_value(); },
      [this, &order] {
        const absl::Duration wait = world_.Between(absl::Milliseconds(50), absl::Seconds(1));
        world_.After(wait, [this, &order] { customers_.Cancel(order); });
      });
  const auto parked = [this, &order] {
    if (!order.id.has_value()) return false;
    const auto found = database_.rows().sagas.find(*order.id);
    return found != database_.rows().sagas.end() && !found->second.parked.empty();
  };
  Await(at, parked, [this, &order] { customers_.Operate(*order.id, orchestrator::Verb::kSettle); });
}

void Schedule::PlanHold(absl::Duration at) {
  const std::vector<std::string_view> participants = definitions_.participants();
  const std::string participant(participants[world_.Below(participants.size())]);
  world_.After(at, [this, participant] { customers_.Hold(participant, true); });
  const absl::Duration end = at + world_.Between(absl::Milliseconds(500), absl::Seconds(6));
  world_.After(end, [this, participant] { customers_.Hold(participant, false); });
}

// Somebody who insists for a while, with two parts that may be more than the whole, and then asks no more.
void Schedule::PlanParts(SimOrder& order, absl::Duration at) {
  for (const char* name : {"a", "b"}) {
    const auto minor = 1 + static_cast<std::int64_t>(world_.Below(static_cast<std::size_t>(order.total.minor)));
    for (int i = 0; i < 8; ++i) {
      world_.After(at + world_.Between(absl::ZeroDuration(), absl::Seconds(4)), [this, &order, name, minor] {
        if (order.id.has_value()) services_.GiveBack(order.id->ToString(), name, {minor, order.total.currency});
      });
    }
  }
}

}  // namespace ordersaga::sim
