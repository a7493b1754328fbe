// A saga is staged once: a second decision about it replaces the row to be written and adds to its journal, events and
// commands. `before` stays what it was, for that is what the store has. A turn may be made several times, each time
// from what is left in it, with the shards' present tokens and positions and with a number of its own.
#include "orchestrator/engine/staged_turn.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "platform/base/error.h"

namespace ordersaga::orchestrator {
namespace {

std::string Joined(const OrderKey& key) {
  return key.client + '\0' + key.key;
}

LogRow RowBy(const Operator& who, absl::Time at) {
  LogRow row;
  row.at = at;
  row.by = who.by;
  row.from = who.from;
  row.reason = who.reason;
  return row;
}

template <typename T>
void Move(std::vector<T>&& from, std::vector<T>& to) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

void StagedSaga::AnswerPlaced(Placed first, const std::string& fingerprint) const {
  for (const auto& [done, asked] : placed) {
    if (asked == fingerprint) {
      done(first);
    } else {
      done(MakeError(absl::StatusCode::kFailedPrecondition, "IDEMPOTENCY_KEY_REUSED",
                     "this idempotency key was used before for an order with other contents"));
    }
    first.replayed = true;
  }
}

void StagedSaga::Refuse(const absl::Status& why) const {
  for (const auto& [done, fingerprint] : placed) done(why);
  for (const RequestDone& done : requested) done(why);
}

ShardDeed DeedOf(const HoldRequest& request, absl::Time now) {
  ShardDeed deed{RowBy(request.who, now),
                 HoldChange{request.participant, request.begins, now, request.who.by, request.who.reason}, nullptr};
  deed.row.verb = request.begins ? "hold" : "release";
  deed.row.subject = request.participant;
  deed.row.before = request.begins ? "asked" : "on hold";
  deed.row.after = request.begins ? "on hold" : "asked";
  return deed;
}

ShardDeed DeedOf(const EventsRequest& request, absl::Time now) {
  const std::string skipped = std::to_string(request.skip_sequence);
  const bool skips = request.skip_sequence > 0;
  ShardDeed deed{RowBy(request.who, now), std::nullopt, nullptr};
  deed.row.shard = request.order.shard();
  deed.row.verb = skips ? "skip-event" : "release-events";
  deed.row.subject = request.order.ToString();
  deed.row.before = skips ? "event " + skipped + " held" : "events held";
  deed.row.after = skips ? "event " + skipped + " given up" : "tried again";
  return deed;
}

StagedSaga* StagedTurn::Find(const Uuid& id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &sagas_[found->second];
}

StagedSaga* StagedTurn::FindKey(const OrderKey& key) {
  const auto found = by_key_.find(Joined(key));
  return found == by_key_.end() ? nullptr : &sagas_[found->second];
}

StagedSaga& StagedTurn::Add(const Saga* before, Decision decision, std::optional<OrderKey> create) {
  const Uuid id = decision.next.id();
  const auto [found, fresh] = by_id_.try_emplace(id, sagas_.size());
  if (fresh) {
    StagedSaga& staged = sagas_.emplace_back();
    if (before != nullptr) staged.before = *before;
    if (create.has_value()) {
      by_key_.emplace(Joined(*create), found->second);
      if (decision.next.phase != Phase::kWaiting) ++starts_;
    }
    staged.write.create = std::move(create);
  }
  deeds_ = deeds_ || !decision.deeds.empty();
  StagedSaga& staged = sagas_[found->second];
  staged.write.saga = std::move(decision.next);
  Move(std::move(decision.journal), staged.write.journal);
  Move(std::move(decision.events), staged.write.events);
  Move(std::move(decision.commands), staged.commands);
  Move(std::move(decision.deeds), staged.write.deeds);
  return staged;
}

// Deeds come in the order of their sagas.
std::vector<LogRow> StagedTurn::Log(int shard, LogHead head, const LogChain& chain) const {
  std::vector<LogRow> rows;
  for (const StagedSaga& staged : sagas_) {
    if (staged.write.saga.id().shard() != shard) continue;
    for (const Deed& deed : staged.write.deeds) {
      LogRow& row = rows.emplace_back(RowBy(deed.who, deed.at));
      row.shard = shard;
      row.verb = std::string(Name(deed.verb));
      row.subject = staged.write.saga.id().ToString();
      row.version = deed.version;
      row.before = deed.before;
      row.after = deed.after;
      chain.Append(head, row);
    }
  }
  for (const ShardDeed& deed : shard_deeds_) {
    if (deed.row.shard == shard) chain.Append(head, rows.emplace_back(deed.row));
  }
  return rows;
}

Turn StagedTurn::MakeTurn(Leases& leases, const LogChain& chain, const std::function<void(ShardTurn&)>& relay) {
  std::set<int> touched(shards_.begin(), shards_.end());
  for (const StagedSaga& staged : sagas_) touched.insert(staged.write.saga.id().shard());
  for (const ParkWrite& park : parks_) touched.insert(park.id.shard());
  for (const ShardDeed& deed : shard_deeds_) touched.insert(deed.row.shard);
  Turn turn;
  for (const ShardDeed& deed : shard_deeds_) {
    if (deed.change.has_value()) turn.participants.push_back(*deed.change);
  }
  for (const int shard : touched) {
    OwnedShard* owned = leases.Usable(shard);
    if (owned == nullptr) continue;
    ShardTurn& sent = turn.shards.emplace_back();
    sent.shard = shard;
    sent.token = owned->token;
    sent.turn = ++owned->turn;
    sent.next_position = owned->next_position;
    relay(sent);
    if ((deeds_ || !shard_deeds_.empty()) && owned->log_head.has_value())
      sent.log = Log(shard, *owned->log_head, chain);
  }
  for (const StagedSaga& staged : sagas_) turn.writes.push_back(staged.write);
  turn.parks = parks_;
  tokens_ = turn.shards;
  return turn;
}

std::vector<StagedSaga> StagedTurn::RemoveIf(const std::function<bool(const Uuid&)>& drop) {
  std::vector<StagedSaga> kept;
  std::vector<StagedSaga> removed;
  for (StagedSaga& staged : sagas_) {
    (drop(staged.write.saga.id()) ? removed : kept).push_back(std::move(staged));
  }
  sagas_ = std::move(kept);
  std::erase_if(parks_, [&](const ParkWrite& park) { return drop(park.id); });
  Reindex();
  return removed;
}

std::vector<StagedSaga> StagedTurn::TakeAll() {
  parks_.clear();
  by_id_.clear();
  by_key_.clear();
  return std::exchange(sagas_, {});
}

void StagedTurn::Reindex() {
  by_id_.clear();
  by_key_.clear();
  for (std::size_t i = 0; i < sagas_.size(); ++i) {
    by_id_.emplace(sagas_[i].write.saga.id(), i);
    if (sagas_[i].write.create.has_value()) by_key_.emplace(Joined(*sagas_[i].write.create), i);
  }
}

}  // namespace ordersaga::orchestrator
