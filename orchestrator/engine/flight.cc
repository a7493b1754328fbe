// What follows a commit, in this order: the shards' positions are booked; those whose key had made another order are
// told which; the relay gets the events; the next turn may be built; and then Settled acts on what was stored. A turn
// that was not stored: its cause is taken out, the rest is sent again.
//
// What is taken out of a turn has been forgotten by whoever decided it (Dropped), and its callers have an answer,
// before the rest is sent: none of it can be acted on later.
#include "orchestrator/engine/flight.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "platform/base/error.h"
#include "platform/base/fault_point.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

// How long a turn that cannot be stored keeps those waiting who asked for it, or would ask for the next.
constexpr absl::Duration kPatience = absl::Milliseconds(500);
// How late the position of a shard in which nothing else happens may be stored.
constexpr absl::Duration kSaveEvery = absl::Seconds(1);

absl::Status LostMeanwhile() {
  return TryAgain(absl::StatusCode::kUnavailable, "TRY_AGAIN",
                  "the order's fate is not known yet; send it again with the same key", absl::Milliseconds(200));
}

// The process log says who did what, and where the operator log's chain stands, for whoever keeps it elsewhere.
void LogDeeds(const ShardTurn& sent, OwnedShard& owned) {
  for (const LogRow& row : sent.log) {
    owned.log_head = LogHead{row.number, row.mac};
    LogInfo("operator: " + row.verb, {{"subject", row.subject},
                                      {"by", row.by},
                                      {"before", row.before},
                                      {"after", row.after},
                                      {"log_head", fmt::format("{}:{}:{}", row.shard, row.number, row.mac)}});
  }
}

absl::Status DeedNotKnown() {
  return TryAgain(absl::StatusCode::kUnavailable, "TRY_AGAIN",
                  "it is not known whether this has been recorded and done; look at sagactl log, and say it again",
                  absl::Milliseconds(200));
}

bool Contains(const std::vector<Uuid>& ids, const Uuid& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

Flight::Flight(Loop& loop, SagaStore& store, Leases& leases, Relay& relay, DatabaseHealth& health, Stats& stats,
               absl::Duration apart, std::string log_key, TurnOutcome& outcome)
    : loop_(loop),
      store_(store),
      leases_(leases),
      relay_(relay),
      health_(health),
      stats_(stats),
      outcome_(outcome),
      chain_(std::move(log_key)),
      spacing_(apart) {}

bool Flight::Refusing() const {
  return committing_ && health_.Failing(loop_.now()) > kPatience;
}

void Flight::SavePositions(bool all) {
  const bool due = all || loop_.now() - position_saved_ >= kSaveEvery;
  if (due) position_saved_ = loop_.now();
  for (const auto& [shard, owned] : leases_.owned()) {
    if (!owned.loaded) continue;
    if (relay_.wants_turn(shard) || (due && relay_.relayed(shard) > owned.saved_relayed)) turn_.Touch(shard);
  }
}

void Flight::Begin() {
  if (turn_.empty()) return;
  spacing_.Began(turn_.size(), loop_.now());
  Submit();
}

void Flight::Submit() {
  committing_ = true;
  FaultPoint("orchestrator.before_commit");
  Turn turn = turn_.MakeTurn(leases_, chain_, [this](ShardTurn& shard) { relay_.AddTo(shard); });
  store_.Commit(std::move(turn), loop_.Then<&Flight::OnResult>(this));
}

// A deed that belongs to no order is not sent again: its operator is told to.
void Flight::OnResult(const CommitResult& result) {
  const absl::Status status = std::holds_alternative<Committed>(result) ? absl::OkStatus() : DeedNotKnown();
  const std::vector<ShardDeed> deeds = turn_.TakeShardDeeds();
  std::visit([this](const auto& outcome) { On(outcome); }, result);
  for (const ShardDeed& deed : deeds) deed.done(status);
}

void Flight::On(const Committed& committed) {
  FaultPoint("orchestrator.committed_not_acted");
  health_.TurnStored();
  ++stats_.turns;
  stats_.turn_writes += static_cast<std::int64_t>(turn_.size());
  for (const ShardTurn& sent : turn_.tokens()) {
    if (!leases_.Owns(sent.shard, sent.token)) continue;
    OwnedShard& owned = *leases_.Find(sent.shard);
    owned.saved_relayed = std::max(owned.saved_relayed, sent.relayed_position);
    LogDeeds(sent, owned);
    relay_.OnStored(sent);
  }
  for (const OutboxEvent& event : committed.events) {
    if (OwnedShard* owned = leases_.Find(event.shard)) {
      owned->next_position = std::max(owned->next_position, event.position + 1);
    }
  }
  AnswerDuplicates(committed.duplicates);
  relay_.OnCommitted(committed.events);
  std::vector<StagedSaga> stored = turn_.TakeAll();
  End();
  outcome_.Settled(std::move(stored));
}

void Flight::AnswerDuplicates(const std::vector<DuplicateOrder>& duplicates) {
  for (const DuplicateOrder& duplicate : duplicates) {
    for (StagedSaga& staged : turn_.RemoveIf([&](const Uuid& id) { return id == duplicate.requested; })) {
      outcome_.Dropped(duplicate.requested);
      staged.AnswerPlaced({duplicate.existing, duplicate.status, true}, duplicate.fingerprint);
    }
  }
}

void Flight::End() {
  turn_ = StagedTurn();
  committing_ = false;
}

void Flight::Abandon(const std::vector<StagedSaga>& removed, const absl::Status& why) {
  for (const StagedSaga& staged : removed) {
    outcome_.Dropped(staged.write.saga.id());
    staged.Refuse(why);
  }
}

void Flight::Resubmit() {
  // Shards that were lost or taken anew since the turn was sent are no longer this turn's business.
  const std::vector<StagedSaga> lost = turn_.RemoveIf([this](const Uuid& id) {
    const auto& sent = turn_.tokens();
    return std::none_of(sent.begin(), sent.end(), [&](const ShardTurn& shard) {
      return shard.shard == id.shard() && leases_.Owns(shard.shard, shard.token);
    });
  });
  Abandon(lost, LostMeanwhile());
  if (turn_.empty()) return End();
  Submit();
}

void Flight::On(const Fenced& fenced) {
  for (const int shard : fenced.shards) {
    ++stats_.shards_fenced;
    LogWarn("fenced: another replica owns this shard now", {{"shard", std::to_string(shard)}});
    Lose(shard);
  }
  Resubmit();
}

// What the turn was sent under is over; a shard that was lost and taken again since is not touched by that.
void Flight::Lose(int shard) {
  const auto& sent = turn_.tokens();
  const bool owned = std::any_of(sent.begin(), sent.end(), [&](const ShardTurn& turn) {
    return turn.shard == shard && leases_.Owns(shard, turn.token);
  });
  if (owned) outcome_.Lost(shard);
}

void Flight::On(const Unavailable& unavailable) {
  ++stats_.commits_unavailable;
  LogWarn("turn could not be stored; trying again", {{"error", unavailable.error}});
  health_.TurnFailed(unavailable.error, loop_.now());
  if (Refusing()) SendAwayCallers();
  loop_.After(kPause, [this] { Resubmit(); });
}

// Nothing of the turn is stored: new orders are taken out of it. What was asked of others stays in it, and may still be
// done: "unavailable" says neither.
void Flight::SendAwayCallers() {
  std::set<Uuid> fresh;
  for (StagedSaga& staged : turn_.sagas()) {
    if (!staged.before.has_value()) fresh.insert(staged.write.saga.id());
    for (const RequestDone& done : std::exchange(staged.requested, {})) done(DatabaseAway());
  }
  Abandon(turn_.RemoveIf([&](const Uuid& id) { return fresh.contains(id); }), DatabaseAway());
}

void Flight::On(const BadRows& bad) {
  const std::vector<StagedSaga> removed = turn_.RemoveIf([&](const Uuid& id) { return Contains(bad.sagas, id); });
  if (removed.empty()) {
    // The store could not name a culprit: nothing was written, and the same again would fail again.
    LogError("turn refused without a culprit", {{"error", bad.error}});
    return On(Unavailable{bad.error});
  }
  Abandon(removed,
          MakeError(absl::StatusCode::kInternal, "BAD_ROW", "the order could not be stored; a person has to look"));
  for (const StagedSaga& staged : removed) {
    const Uuid& id = staged.write.saga.id();
    LogError("saga cannot be stored; parking it", {{"order_id", id.ToString()}, {"error", bad.error}});
    if (!staged.before.has_value()) continue;
    Saga parked = *staged.before;
    parked.parked = "BAD_ROW";
    parked.due_at.reset();
    turn_.Park(id, parked.parked);
    outcome_.Parked(*staged.before, parked);
  }
  Resubmit();
}

// Somebody else wrote these sagas, or what was read of them was old: nothing in memory about their shards is trusted.
void Flight::On(const Stale& stale) {
  std::set<int> shards;
  for (const Uuid& id : stale.sagas) {
    LogWarn("stored saga is not the version that was decided on; reading its shard again",
            {{"order_id", id.ToString()}});
    shards.insert(id.shard());
  }
  ++stats_.turns_stale;
  Abandon(turn_.RemoveIf([&](const Uuid& id) { return shards.contains(id.shard()); }), LostMeanwhile());
  for (const int shard : shards) outcome_.Distrusted(shard);
  Resubmit();
}

// The connection was lost at COMMIT. Whichever way it went, the shards are read again from the store before anything
// else is done with them; callers come back with the same key and find out.
void Flight::On(const InDoubt&) {
  ++stats_.commits_in_doubt;
  LogWarn("commit in doubt; asking the database what became of it");
  health_.TurnFailed("a commit is in doubt", loop_.now());
  AskWhatHappened();
}

void Flight::AskWhatHappened() {
  std::vector<int> shards;
  for (const ShardTurn& sent : turn_.tokens()) shards.push_back(sent.shard);
  store_.ReadShards(std::move(shards), loop_.Then<&Flight::OnShardsRead>(this));
}

void Flight::OnShardsRead(const absl::StatusOr<std::vector<ShardRow>>& rows) {
  if (!rows.ok()) {
    health_.TurnFailed(MessageOf(rows.status()), loop_.now());
    return loop_.After(kPause, [this] { AskWhatHappened(); });
  }
  health_.TurnStored();
  for (const ShardTurn& sent : turn_.tokens()) {
    const auto row = std::find_if(rows->begin(), rows->end(), [&](const ShardRow& r) { return r.shard == sent.shard; });
    const bool ours = row != rows->end() && row->token == sent.token && leases_.Owns(sent.shard, sent.token);
    LogInfo("doubt resolved", {{"shard", std::to_string(sent.shard)},
                               {"committed", ours && row->turn == sent.turn ? "yes" : "no"},
                               {"owned", ours ? "yes" : "no"}});
    if (ours) {
      outcome_.Distrusted(sent.shard);
    } else {
      Lose(sent.shard);
    }
  }
  Abandon(turn_.TakeAll(), LostMeanwhile());
  End();
}

}  // namespace ordersaga::orchestrator
