// What became of a turn. Acting on a decision happens here and nowhere else: after its commit.
#include <algorithm>
#include <set>

#include "orchestrator/engine/engine.h"
#include "platform/base/error.h"
#include "platform/base/fault_point.h"
#include "platform/base/planted.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

constexpr absl::Duration kStorePause = absl::Milliseconds(200);

absl::Status LostMeanwhile() {
  return TryAgain(absl::StatusCode::kUnavailable, "TRY_AGAIN",
                  "the order's fate is not known yet; send it again with the same key", absl::Milliseconds(200));
}

absl::StatusOr<Placed> AnswerFor(const Placed& placed, const std::string& stored_fingerprint,
                                 const std::string& fingerprint) {
  if (fingerprint == stored_fingerprint) return placed;
  return MakeError(absl::StatusCode::kFailedPrecondition, "IDEMPOTENCY_KEY_REUSED",
                   "this idempotency key was used before for an order with other contents");
}

void LogEvents(const StagedSaga& staged) {
  const std::string id = staged.write.saga.id().ToString();
  for (const DomainEvent& event : staged.write.events) {
    LogInfo(RoutingKey(event.type), {{"order_id", id}, {"reason", event.reason}});
  }
}

}  // namespace

void Engine::Submit() {
  committing_ = true;
  FaultPoint("orchestrator.before_commit");
  Turn turn = turn_.MakeTurn(shards_, [this](ShardTurn& shard) { relay_.AddTo(shard); });
  store_.Commit(std::move(turn),
                [this](CommitResult result) { Post([this, result = std::move(result)] { OnCommitResult(result); }); });
}

void Engine::OnCommitResult(const CommitResult& result) {
  std::visit([this](const auto& outcome) { On(outcome); }, result);
}

void Engine::On(const Committed& committed) {
  FaultPoint("orchestrator.committed_not_acted");
  health_.TurnStored();
  ++stats_.turns;
  stats_.turn_writes += static_cast<std::int64_t>(turn_.size());
  for (const ShardTurn& sent : turn_.tokens()) {
    if (!shards_.Holds(sent.shard, sent.token)) continue;
    HeldShard& held = *shards_.Find(sent.shard);
    held.saved_relayed = std::max(held.saved_relayed, sent.relayed_position);
    relay_.OnStored(sent);
  }
  for (const OutboxEvent& event : committed.events) {
    if (HeldShard* held = shards_.Find(event.shard)) {
      held->next_position = std::max(held->next_position, event.position + 1);
    }
  }
  AnswerDuplicates(committed);
  relay_.OnCommitted(committed.events);
  std::vector<StagedSaga> done = turn_.RemoveIf([](const Uuid&) { return true; });
  EndTurn();
  for (StagedSaga& staged : done) Act(staged);
  calls_.Send();  // what the orders wait for comes before what people wait for
  for (StagedSaga& staged : done) Tell(staged);
  stats_.sagas_held = static_cast<std::int64_t>(sagas_.size());
}

void Engine::AnswerDuplicates(const Committed& committed) {
  for (const DuplicateOrder& duplicate : committed.duplicates) {
    const auto is_it = [&](const Uuid& id) { return id == duplicate.requested; };
    for (StagedSaga& staged : turn_.RemoveIf(is_it)) {
      for (auto& [done, fingerprint] : staged.placed) {
        done(AnswerFor({duplicate.existing, duplicate.status, true}, duplicate.fingerprint, fingerprint));
      }
    }
  }
}

void Engine::Count(const StagedSaga& staged) {
  const Saga& saga = staged.write.saga;
  const int shard = saga.id().shard();
  const bool created = !staged.before.has_value();
  if (created) ++stats_.orders_accepted;
  const Status before = created ? Status::kPending : staged.before->status;
  if (before == Status::kPending && saga.status == Status::kCompleted) ++stats_.orders_completed;
  if (before == Status::kPending && saga.status == Status::kCancelled) ++stats_.orders_cancelled;
  const auto waits = [](const Saga& s) { return s.phase == Phase::kWaiting && s.parked.empty(); };
  const bool waited = !created && waits(*staged.before);
  if (IsIdle(saga) && !waits(saga)) pace_.Ended(1, clock_.Monotonic());
  if (waits(saga) && !waited) waiting_.Add(shard);
  if (!waits(saga) && waited) waiting_.Remove(shard);
  const bool was_parked = !created && !staged.before->parked.empty();
  if (was_parked != !saga.parked.empty()) CountParked(shard, was_parked ? -1 : 1);
}

void Engine::Act(const StagedSaga& staged) {
  const Saga& saga = staged.write.saga;
  Count(staged);
  if (shards_.Usable(saga.id().shard()) == nullptr) return;  // lost meanwhile: its new owner acts
  if (saga.due_at.has_value()) timers_.Set(*saga.due_at, saga.id());
  sagas_.insert_or_assign(saga.id(), saga);
  ForgetIfIdle(saga.id());
  for (const CallParticipant& command : staged.commands) CallOrPostpone(saga, command);
}

void Engine::Tell(StagedSaga& staged) {
  const Saga& saga = staged.write.saga;
  LogEvents(staged);
  journal_told_(saga.id(), staged.write.journal);
  bool first = true;
  for (auto& [done, fingerprint] : staged.placed) {
    const bool replayed = !std::exchange(first, false);
    done(AnswerFor({saga.id(), saga.status, replayed}, staged.write.create->fingerprint, fingerprint));
  }
  for (RequestDone& done : staged.requested) done(absl::OkStatus());
}

void Engine::EndTurn() {
  turn_ = StagedTurn();
  creates_staged_ = 0;
  starts_staged_ = 0;
  committing_ = false;
  stats_.sagas_held = static_cast<std::int64_t>(sagas_.size());
}

void Engine::Abandon(const std::vector<StagedSaga>& removed) {
  for (const StagedSaga& staged : removed) {
    for (const auto& [done, fingerprint] : staged.placed) done(LostMeanwhile());
    for (const RequestDone& done : staged.requested) done(LostMeanwhile());
  }
}

void Engine::Resubmit() {
  // Shards that were lost or taken anew since the turn was sent are no longer this turn's business.
  Abandon(turn_.RemoveIf([this](const Uuid& id) {
    const auto& sent = turn_.tokens();
    return std::none_of(sent.begin(), sent.end(), [&](const ShardTurn& shard) {
      return shard.shard == id.shard() && shards_.Holds(shard.shard, shard.token);
    });
  }));
  if (turn_.empty()) return EndTurn();
  Submit();
}

void Engine::On(const Fenced& fenced) {
  for (const int shard : fenced.shards) {
    ++stats_.shards_fenced;
    LogWarn("fenced: another replica owns this shard now", {{"shard", std::to_string(shard)}});
    Forget(shard);
  }
  Resubmit();
}

void Engine::On(const Unavailable& unavailable) {
  ++stats_.commits_unavailable;
  LogWarn("turn could not be stored; trying again", {{"error", unavailable.error}});
  health_.TurnFailed(unavailable.error, clock_.Monotonic());
  if (Refusing()) SendAwayWaiting();
  After(kStorePause, [this] { Resubmit(); });
}

// Nothing of the turn is stored: new orders are taken out of it. What was asked of others stays in it, and may still be
// done: "unavailable" says neither.
void Engine::SendAwayWaiting() {
  std::set<Uuid> fresh;
  for (StagedSaga& staged : turn_.sagas()) {
    if (!staged.before.has_value()) fresh.insert(staged.write.saga.id());
    for (const RequestDone& done : std::exchange(staged.requested, {})) done(DatabaseAway());
  }
  for (const StagedSaga& order : turn_.RemoveIf([&](const Uuid& id) { return fresh.contains(id); })) {
    for (const auto& [done, fingerprint] : order.placed) done(DatabaseAway());
  }
}

void Engine::On(const BadRows& bad) {
  std::vector<StagedSaga> removed = turn_.RemoveIf(
      [&](const Uuid& id) { return std::find(bad.sagas.begin(), bad.sagas.end(), id) != bad.sagas.end(); });
  for (StagedSaga& staged : removed) {
    const Uuid id = staged.write.saga.id();
    LogError("saga cannot be stored; parking it", {{"order_id", id.ToString()}, {"error", bad.error}});
    const absl::Status refused =
        MakeError(absl::StatusCode::kInternal, "BAD_ROW", "the order could not be stored; a person has to look");
    for (auto& [done, fingerprint] : staged.placed) done(refused);
    for (RequestDone& done : staged.requested) done(refused);
    sagas_.erase(id);
    if (!staged.before.has_value()) continue;
    turn_.Park(id, "BAD_ROW");
    if (staged.before->phase == Phase::kWaiting) waiting_.Remove(id.shard());
    if (staged.before->parked.empty()) CountParked(id.shard(), 1);
  }
  if (removed.empty()) {
    // The store could not name a culprit: nothing was written, and the same again would fail again.
    LogError("turn refused without a culprit", {{"error", bad.error}});
    return On(Unavailable{bad.error});
  }
  Resubmit();
}

// Somebody else wrote these sagas, or what was read of them was old: nothing in memory about their shards is trusted.
void Engine::On(const Stale& stale) {
  std::set<int> shards;
  for (const Uuid& id : stale.sagas) {
    LogWarn("stored saga is not the version that was decided on; reading its shard again",
            {{"order_id", id.ToString()}});
    shards.insert(id.shard());
  }
  ++stats_.turns_stale;
  Abandon(turn_.RemoveIf([&](const Uuid& id) { return shards.contains(id.shard()); }));
  for (const int shard : shards) Reload(shard);
  Resubmit();
}

// The connection was lost at COMMIT. Whichever way it went, the shards are read again from the store before anything
// else is done with them; callers come back with the same key and find out (docs/adr/0002-in-doubt-reload.md).
void Engine::On(const InDoubt&) {
  ++stats_.commits_in_doubt;
  if (Planted(PlantedBug::kDoubtIsSuccess)) return On(Committed{});
  LogWarn("commit in doubt; asking the database what became of it");
  health_.TurnFailed("a commit is in doubt", clock_.Monotonic());
  AskWhatHappened(turn_.tokens());
}

void Engine::AskWhatHappened(const std::vector<ShardTurn>& sent) {
  std::vector<int> shards;
  for (const ShardTurn& shard : sent) shards.push_back(shard.shard);
  store_.ReadShards(shards, [this, sent](absl::StatusOr<std::vector<ShardRow>> rows) {
    Post([this, sent, rows = std::move(rows)] { OnShardsRead(sent, rows); });
  });
}

void Engine::OnShardsRead(const std::vector<ShardTurn>& sent, const absl::StatusOr<std::vector<ShardRow>>& rows) {
  if (!rows.ok()) {
    health_.TurnFailed(MessageOf(rows.status()), clock_.Monotonic());
    return After(kStorePause, [this, sent] { AskWhatHappened(sent); });
  }
  health_.TurnStored();
  for (const ShardTurn& shard : sent) {
    const auto row =
        std::find_if(rows->begin(), rows->end(), [&](const ShardRow& r) { return r.shard == shard.shard; });
    const bool ours = row != rows->end() && row->token == shard.token && shards_.Holds(shard.shard, shard.token);
    LogInfo("doubt resolved", {{"shard", std::to_string(shard.shard)},
                               {"committed", ours && row->turn == shard.turn ? "yes" : "no"},
                               {"owned", ours ? "yes" : "no"}});
    if (ours) {
      Reload(shard.shard);
    } else {
      Forget(shard.shard);
    }
  }
  Abandon(turn_.RemoveIf([](const Uuid&) { return true; }));
  EndTurn();
}

}  // namespace ordersaga::orchestrator
