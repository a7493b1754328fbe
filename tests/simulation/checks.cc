// The invariants of the design, as far as they can be seen from outside: 1 orders, 2 money, 3 stock, 4 causes, 5
// events, 6 fencing.
#include <algorithm>

#include "orchestrator/core/invariants.h"
#include "tests/simulation/schedule.h"

namespace ordersaga::sim {

using orchestrator::Saga;
using orchestrator::Status;

// After every turn that was stored: whose it was (6), and that nothing shows CANCELLED before all is undone (4).
void Schedule::WatchTurn(const std::string& owner, const orchestrator::Turn& turn) {
  for (const orchestrator::ShardTurn& shard : turn.shards) {
    const auto& state = database_.rows().shards[static_cast<std::size_t>(shard.shard)];
    if (state.owner != owner || state.token != shard.token) {
      world_.Violate(fmt::format("{} wrote to shard {}, which belongs to {}", owner, shard.shard, state.owner));
    }
  }
  for (const orchestrator::SagaWrite& write : turn.writes) {
    const Saga& saga = write.saga;
    const std::string id = saga.id().ToString();
    for (const orchestrator::JournalEntry& entry : write.journal) {
      world_.Tell("{}: {} #{} {} {}", owner, id, entry.sequence, entry.event, entry.detail);
    }
    const auto stored = database_.rows().sagas.find(saga.id());
    if (stored == database_.rows().sagas.end()) continue;  // its key had made another order
    const orchestrator::Definition* definition = definitions_.Find(saga.definition_version);
    if (const absl::Status sound = CheckInvariants(*definition, saga); !sound.ok()) {
      world_.Violate(fmt::format("order {}: {}", id, std::string(sound.message())));
    }
    if (saga.status != Status::kCancelled) continue;
    const Truth::Payments& paid = truth_.payments[id];
    if (paid.charges != paid.refunds) world_.Violate(fmt::format("order {} is CANCELLED and still charged", id));
    if (truth_.held[id] != 0) world_.Violate(fmt::format("order {} is CANCELLED and holds stock", id));
  }
}

// Nothing is undone after the recorded pivot (4).
void Schedule::WatchUndo(const std::string& order) {
  const auto saga = database_.rows().sagas.find(*Uuid::Parse(order));
  if (saga == database_.rows().sagas.end()) {
    world_.Violate(fmt::format("something was undone for {}, which is no order", order));
  } else if (saga->second.status == Status::kCompleted) {
    world_.Violate(fmt::format("something was undone for {}, which is COMPLETED", order));
  }
}

bool Schedule::Settled() const {
  for (const auto& order : customers_.orders) {
    if (!order->id.has_value()) return false;
  }
  for (const auto& [id, saga] : database_.rows().sagas) {
    if (!saga.finished()) return false;
  }
  for (const auto& shard : database_.rows().shards) {
    if (shard.relayed_position + 1 != shard.next_position) return false;
  }
  return true;
}

void Schedule::CheckOrder(const SimOrder& order) {
  if (!order.id.has_value()) return world_.Violate(fmt::format("{} was never answered", order.key.key));
  const std::string id = order.id->ToString();
  const auto found = database_.rows().sagas.find(*order.id);
  if (found == database_.rows().sagas.end()) return world_.Violate(fmt::format("accepted order {} is lost", id));
  const Saga& saga = found->second;
  if (!saga.finished()) {
    return world_.Violate(fmt::format("order {} never ended: {} at step {}{}", id, Name(saga.phase), saga.step,
                                      saga.parked.empty() ? "" : ", parked " + saga.parked));
  }
  if (order.cancel_accepted && saga.status != Status::kCancelled) {
    world_.Violate(fmt::format("order {} was cancelled by its customer and is {}", id, Name(saga.status)));
  }
  if (order.cancel_refused && saga.status != Status::kCompleted) {
    world_.Violate(fmt::format("order {} could not be cancelled and is {}", id, Name(saga.status)));
  }
  const Truth::Payments& paid = truth_.payments[id];
  const bool completed = saga.status == Status::kCompleted;
  if (paid.charges > 1 || paid.refunds > paid.charges || paid.charges - paid.refunds != (completed ? 1 : 0)) {
    world_.Violate(fmt::format("order {} is {}: charged {} times, refunded {} times", id, Name(saga.status),
                               paid.charges, paid.refunds));
  }
  std::int64_t units = 0;
  for (const orchestrator::OrderLine& line : order.lines) units += line.quantity;
  if (truth_.held[id] != (completed ? units : 0)) {
    world_.Violate(fmt::format("order {} is {} and holds {} units", id, Name(saga.status), truth_.held[id]));
  }
  if (truth_.letters[id] < 1) world_.Violate(fmt::format("nobody was told of order {}", id));
  CheckStory(saga);
}

// The events of an ended order are one of the rows of the table of endings (5).
void Schedule::CheckStory(const Saga& saga) {
  std::vector<std::string> story = subscriber_.StoryOf(saga.id().ToString());
  std::erase(story, "saga.needs_attention");
  std::string told;
  for (const std::string& key : story) told += key + " ";
  const Truth::Payments& paid = truth_.payments[saga.id().ToString()];
  const std::string refunded = paid.refunds > 0 ? "payment.refunded " : "";
  std::vector<std::string> right;
  if (saga.status == Status::kCompleted) {
    right = {"order.created payment.successful inventory.successful order.completed "};
  } else {
    right = {"order.created payment.failed " + refunded + "order.cancelled ",
             "order.created payment.successful inventory.failed " + refunded + "order.cancelled ",
             "order.created payment.successful " + refunded + "order.cancelled ",
             "order.created " + refunded + "order.cancelled "};
  }
  if (std::find(right.begin(), right.end(), told) == right.end()) {
    world_.Violate(fmt::format("order {} is {} and its events are: {}", saga.id().ToString(), Name(saga.status), told));
  }
}

void Schedule::CheckWhole() {
  if (!world_.violations().empty()) return;
  for (const auto& order : customers_.orders) CheckOrder(*order);
  if (database_.rows().sagas.size() != customers_.orders.size()) {
    world_.Violate(
        fmt::format("{} orders were placed and there are {}", customers_.orders.size(), database_.rows().sagas.size()));
  }
  std::map<std::string, std::int64_t> sold;
  for (const auto& [id, saga] : database_.rows().sagas) {
    if (saga.status != Status::kCompleted) continue;
    for (const orchestrator::OrderLine& line : saga.order->lines) sold[line.item_id] += line.quantity;
  }
  for (const auto& [item, first] : first_stock_) {
    const std::int64_t left = truth_.stock.at(item);
    if (left < 0 || left != first - sold[item]) {
      world_.Violate(fmt::format("{}: {} at first, {} sold, {} left", item, first, sold[item], left));
    }
  }
  for (const auto& [order, payments] : truth_.payments) {
    if (!database_.rows().sagas.contains(*Uuid::Parse(order))) {
      world_.Violate(fmt::format("money moved for {}, which is no order", order));
    }
  }
  if (!Settled()) world_.Violate("not everything settled");
}

}  // namespace ordersaga::sim
