// The invariants of the design. Those of an order are judged as `sagactl audit` judges them (orchestrator/audit), from
// what is true in this world, after every turn and whenever something is undone; here is only what an audit cannot see:
// what customers were told, fencing, and that everything settles.

#include "orchestrator/core/invariants.h"
#include "orchestrator/operator_log/log_chain.h"
#include "tests/simulation/schedule.h"

namespace ordersaga::sim {

using orchestrator::Saga;
using orchestrator::Status;

// After every turn that was stored: whose it was, and whether its sagas may look like this.
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
    CheckPause(write);
    Judge(FactsOf(id));
  }
  for (const orchestrator::ParkWrite& park : turn.parks) paused_.erase(park.id);
}

// Nothing but an operator lets a paused order go on, unless it has ended.
void Schedule::CheckPause(const orchestrator::SagaWrite& write) {
  const Saga& saga = write.saga;
  if (saga.parked == orchestrator::kPaused) {
    paused_.insert(saga.id());
  } else if (paused_.erase(saga.id()) > 0 && write.deeds.empty() && !saga.finished()) {
    world_.Violate(fmt::format("order {} was paused and goes on by itself", saga.id().ToString()));
  }
}

audit::OrderFacts Schedule::FactsOf(const std::string& order) const {
  audit::OrderFacts facts;
  facts.id = order;
  const auto saga = database_.rows().sagas.find(*Uuid::Parse(order));
  if (saga != database_.rows().sagas.end()) {
    facts.saga = audit::FactsOf(definitions_, saga->second);
    facts.saga->events_kept = false;
  }
  services_.AddEffects(order, facts);
  return facts;
}

void Schedule::Judge(const audit::OrderFacts& facts) {
  audit::Verdict verdict;
  audit::Judge(definitions_, facts, verdict);
  Report(verdict);
}

void Schedule::Report(const audit::Verdict& verdict) {
  for (const audit::Violation& violation : verdict.violations) {
    world_.Violate(fmt::format("{} {}: {}", Name(violation.rule), violation.order_id, violation.what));
  }
  for (const audit::Foreign& effect :
       verdict.foreign) {  // there are no strangers here, but for parts given back by hand
    if (effect.what.ends_with("given back in part")) continue;
    world_.Violate(fmt::format("{} did something under the key {}", effect.service, effect.key));
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
  return database_.rows().held.empty() && services_.settled();
}

// What the customer was told, and that somebody wrote to him.
void Schedule::CheckPromises(const SimOrder& order) {
  if (!order.id.has_value()) return world_.Violate(fmt::format("{} was never answered", order.key.key));
  const std::string id = order.id->ToString();
  const auto found = database_.rows().sagas.find(*order.id);
  if (found == database_.rows().sagas.end()) return world_.Violate(fmt::format("accepted order {} is lost", id));
  const Saga& saga = found->second;
  if (!saga.finished()) {
    return world_.Violate(fmt::format("order {} never ended: {} at step {}{}", id, Name(saga.phase), saga.step,
                                      saga.parked.empty() ? "" : ", parked " + saga.parked));
  }
  if (saga.order->lines != order.lines || saga.order->total != order.total) {
    world_.Violate(fmt::format("order {} is not what was ordered", id));
  }
  if (order.cancel_accepted && saga.status != Status::kCancelled) {
    world_.Violate(fmt::format("order {} was cancelled by its customer and is {}", id, Name(saga.status)));
  }
  if (order.cancel_refused && saga.status != Status::kCompleted) {
    world_.Violate(fmt::format("order {} could not be cancelled and is {}", id, Name(saga.status)));
  }
  const bool granted = saga.definition_version == 2 && saga.status == Status::kCompleted;
  if (truth_.points[id] != (granted ? 1 : 0)) {
    world_.Violate(fmt::format("order {} is {} and has its points {} times", id, Name(saga.status), truth_.points[id]));
  }
  const bool skipped = saga.steps.back().state == orchestrator::StepState::kVoid;
  if (truth_.letters[id] < 1 && !skipped) world_.Violate(fmt::format("nobody was told of order {}", id));
}

void Schedule::CheckStock(const audit::StockCount& count) {
  std::vector<audit::Product> products;
  for (const auto& [item, first] : first_stock_) products.push_back({item, first, 0, truth_.stock.at(item), 0});
  Report({count.Judge(products, products), {}, {}});
}

// A hold is in force everywhere within a lease.
void Schedule::CheckHold(std::string_view participant) {
  for (const orchestrator::ParticipantHold& hold : database_.rows().holds) {
    const bool in_force = hold.participant == participant && !hold.until.has_value();
    if (!in_force || hold.since + kLease >= database_.clock().Now()) continue;
    world_.Violate(fmt::format("{} is asked, and was put on hold {} ago", participant,
                               absl::FormatDuration(database_.clock().Now() - hold.since)));
  }
}

// One row for each deed that was done, none for what was not, and every row where the chain has it.
void Schedule::CheckOperatorLog() {
  std::map<int, orchestrator::LogHead> ends;
  std::map<std::string, int> rows;
  const orchestrator::LogChain chain("the simulator's key");
  for (const orchestrator::LogRow& row : database_.rows().operator_log) {
    orchestrator::LogHead& end = ends[row.shard];
    orchestrator::LogRow again = row;
    chain.Append(end, again);
    if (again.number != row.number || again.mac != row.mac) {
      world_.Violate(fmt::format("operator log of shard {}: row {} is out of its chain", row.shard, row.number));
    }
    ++rows[row.reason];
  }
  for (const auto& [reason, deed] : customers_.deeds) {
    if (rows[reason] > 1 || (deed.done && rows[reason] != 1)) {
      world_.Violate(fmt::format("{} was {}done and has {} rows", reason, deed.done ? "" : "perhaps ", rows[reason]));
    }
  }
}

void Schedule::CheckWhole() {
  if (!world_.violations().empty()) return;
  for (const auto& order : customers_.orders) CheckPromises(*order);
  if (database_.rows().sagas.size() != customers_.orders.size()) {
    world_.Violate(
        fmt::format("{} orders were placed and there are {}", customers_.orders.size(), database_.rows().sagas.size()));
  }
  std::set<std::string> orders = services_.Orders();
  for (const auto& [id, saga] : database_.rows().sagas) orders.insert(id.ToString());
  audit::StockCount count(world_.Time());
  for (const std::string& order : orders) {
    audit::OrderFacts facts = FactsOf(order);
    if (facts.saga.has_value()) {
      facts.saga->events_kept = true;
      facts.saga->events = subscriber_.EventsOf(order);
    }
    for (const audit::Reservation& reservation : facts.reservations) count.Add(reservation);
    Judge(facts);
  }
  CheckStock(count);
  services_.CheckLedger();
  CheckOperatorLog();
  if (!Settled()) world_.Violate("not everything settled");
}

}  // namespace ordersaga::sim
