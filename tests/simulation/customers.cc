#include "tests/simulation/customers.h"

#include <utility>

#include "platform/base/error.h"

namespace ordersaga::sim {
namespace {

constexpr absl::Duration kPatience = absl::Milliseconds(1500);  // with one request

}  // namespace

Replica* Customers::Any() {
  for (int tries = 0; tries < 4 && !replicas_.empty(); ++tries) {
    Replica& replica = *replicas_[world_.Below(replicas_.size())];
    if (replica.machine().alive()) return &replica;
  }
  for (const auto& replica : replicas_) {
    if (replica->machine().alive()) return replica.get();
  }
  return nullptr;
}

// Sends a request to some replica; if nothing comes of it in time, `again`.
void Customers::Ask(std::function<void(Replica&)> what, World::Closure again) {
  Replica* replica = Any();
  if (replica != nullptr) {
    world_.After(world_.Between(absl::Microseconds(100), absl::Milliseconds(20)), [replica, what = std::move(what)] {
      replica->machine().Deliver([replica, what] { what(*replica); });
    });
  }
  world_.After(kPatience, std::move(again));
}

void Customers::OnPlaced(SimOrder& order, const absl::StatusOr<orchestrator::Placed>& placed) {
  if (!placed.ok()) return;
  if (order.id.has_value() && *order.id != placed->id) {
    world_.Violate(
        fmt::format("key {} made two orders: {} and {}", order.key.key, order.id->ToString(), placed->id.ToString()));
  }
  if (!order.id.has_value()) world_.Tell("customer {}: accepted as {}", order.key.key, placed->id.ToString());
  order.id = placed->id;
}

void Customers::Place(SimOrder& order) {
  auto answered = std::make_shared<bool>(false);
  const auto ask = [this, &order, answered](Replica& replica) {
    orchestrator::PlaceRequest request{order.key, order.lines, "ann@example.com", order.total};
    replica.engine().PlaceOrder(std::move(request), [this, &order, answered](absl::StatusOr<orchestrator::Placed> p) {
      world_.After(world_.Between(absl::Microseconds(100), absl::Milliseconds(20)), [this, &order, answered, p] {
        const bool first = !std::exchange(*answered, true);
        OnPlaced(order, p);
        if (first && !p.ok()) world_.After(absl::Milliseconds(200), [this, &order] { Place(order); });
      });
    });
  };
  Ask(ask, [this, &order, answered] {
    if (!std::exchange(*answered, true)) Place(order);
  });
}

void Customers::Cancel(SimOrder& order) {
  if (!order.id.has_value() || order.cancel_accepted || order.cancel_refused) return;
  auto answered = std::make_shared<bool>(false);
  const auto ask = [this, &order, answered](Replica& replica) {
    replica.engine().CancelOrder(*order.id, {"changed my mind"}, [this, &order, answered](const absl::Status& status) {
      world_.After(absl::Milliseconds(1), [this, &order, answered, status] {
        if (status.ok()) {
          world_.Hit(Fault::kCancel);
          world_.Tell("customer {}: will be cancelled", order.key.key);
          order.cancel_accepted = true;
        }
        if (ReasonOf(status) == "ORDER_ALREADY_COMPLETED") order.cancel_refused = true;
        const bool first = !std::exchange(*answered, true);
        const bool again = first && status.code() == absl::StatusCode::kUnavailable;
        if (again) world_.After(absl::Milliseconds(200), [this, &order] { Cancel(order); });
      });
    });
  };
  Ask(ask, [this, &order, answered] {
    if (!std::exchange(*answered, true)) Cancel(order);
  });
}

void Customers::Operate(const Uuid& id, orchestrator::Verb verb) {
  const std::string reason = fmt::format("deed {}", deeds.size() + 1);
  deeds.emplace(reason, Deed{id});
  const auto ask = [this, id, verb, reason](Replica& replica) {
    orchestrator::VerbAsked asked{verb, {"olga", "10.0.0.7", reason}};
    for (const auto& order : orders) {
      if (order->id == id) asked.settlement = orchestrator::Settlement{order->total, "transfer 4711", "olga"};
    }
    replica.engine().Operate(id, std::move(asked), [this, id, verb, reason](const absl::Status& s) {
      if (!s.ok()) return;
      world_.Hit(Fault::kOperator);
      world_.Tell("operator: {} {}", Name(verb), id.ToString());
      deeds.at(reason).done = true;
    });
  };
  // Nobody repeats it by himself: whoever sees a parked saga asks again.
  Ask(ask, [] {});
}

void Customers::Hold(const std::string& participant, bool begins) {
  const std::string reason = fmt::format("deed {}", deeds.size() + 1);
  deeds.emplace(reason, Deed{});
  // Whoever owns shard 0 does it.
  for (const auto& replica : replicas_) {
    if (!replica->machine().alive()) continue;
    replica->machine().Deliver([this, &replica = *replica, participant, begins, reason] {
      replica.engine().HoldParticipant({participant, begins, {"olga", "10.0.0.7", reason}},
                                       [this, participant, begins, reason](const absl::Status& status) {
                                         if (!status.ok()) return;
                                         world_.Hit(Fault::kHold);
                                         world_.Tell("operator: {} {}", begins ? "holds" : "releases", participant);
                                         deeds.at(reason).done = true;
                                       });
    });
  }
}

}  // namespace ordersaga::sim
